"""Sagas on the staff site: where each stands, and two people who end one that is stuck."""

from __future__ import annotations

import pytest

from accounts.models import PendingAct
from accounts.tests.builders import staff
from tests.database import all_seeing
from tests.payouts.scenes import AMOUNT, START, money_of, saga_of, scripted, seen
from tests.payouts.test_mending import stuck
from tests.web.conftest import Visit
from tests.world import World

pytestmark = pytest.mark.django_db

PAGE, MEND, DECIDE = "/admin/sagas/", "/admin/sagas/mend/", "/admin/pending-acts/decide/"


def test_the_page_says_where_each_stands(world: World, visit: Visit, settings) -> None:
    empty = visit(world.olga).get(PAGE).content.decode()
    assert "Every saga has ended." in empty
    with scripted(settings) as book:
        saga = saga_of(stuck(world, book))
    answer = visit(world.olga).get(PAGE)
    (row,) = answer.context["rows"]
    assert (row.standing, row.step, row.organization) == ("Stuck", "undo submit", "Acme")
    assert row.last == "Failed: RailUnavailable"
    assert row.age
    assert row.attempts > 30
    assert f"{MEND}?id={saga.id}" in answer.content.decode()
    moderator = visit(staff(name="mod", platform_role="moderator"))
    assert moderator.get(PAGE).status_code == 200
    assert MEND not in moderator.get(PAGE).content.decode()
    assert visit(world.alice).get(PAGE).status_code == 403


def test_two_people_settle_it(world: World, visit: Visit, settings) -> None:
    omar = staff(name="omar")
    with scripted(settings) as book:
        transfer = stuck(world, book)
        saga = saga_of(transfer)
        olga = visit(world.olga)
        asked = olga.get(MEND, {"id": str(saga.id)}).content.decode()
        assert "250.00" in asked
        assert "•••• 7890" in asked
        given = {"id": str(saga.id), "remedy": "paid"}
        assert "This field is required" in olga.post(MEND, given).content.decode()
        given |= {"reason": "UTR 4711 in the statement of 21 November"}
        page = olga.post(MEND, given, follow=True).content.decode()
        assert "waits for a second person" in page
        assert money_of(world.alice_wallet) == (START, AMOUNT)
        with all_seeing():
            act = PendingAct.objects.get(kind="wallets.payout_mending")
        shown = visit(omar).get(DECIDE, {"id": str(act.id)}).content.decode()
        for words in ("Settle as paid", "UTR 4711", "Acme", "250.00", "•••• 7890"):
            assert words in shown
        assert str(saga.id) not in shown
        visit(omar).post(DECIDE, {"id": str(act.id), "decision": "agree", "note": ""})
        assert seen(transfer).state == "COMPLETED"
        assert money_of(world.alice_wallet) == (START - AMOUNT, 0)
        assert "Every saga has ended." in olga.get(PAGE).content.decode()
