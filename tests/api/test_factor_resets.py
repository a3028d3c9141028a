"""Lost second factors by API: asked for, agreed to, and what the person can do afterwards."""

from __future__ import annotations

import pytest

from accounts.models import User
from accounts.services.factors import factors_of
from accounts.tests.letters import delivered
from kernel import clock, ids
from tests.api.conftest import Caller, order, token_of
from tests.api.test_sign_in import answer, ask_in
from tests.database import all_seeing
from tests.phones import code_mailed_to, give_phone
from tests.world import World, colleague

pytestmark = pytest.mark.django_db

WHY = {"reason": "Called back on the number we know"}


def place(user: User) -> str:
    return f"/members/{ids.encode('usr', user.id)}/factor-reset"


@pytest.fixture
def fay(world: World) -> User:
    """Of Acme's finance, with an app that she lost."""
    user = colleague(world, "fay", "finance")
    give_phone(user)
    return user


def test_from_asking_to_waiting_money(world: World, alice: Caller, fay: User) -> None:
    ann = Caller(token_of(world, colleague(world, "ann", "admin")))
    hers = Caller(token_of(world, fay, second_factor=None))
    asked = ann.post(place(fay), WHY)
    assert asked.status == 202
    act = asked.data["pending_act"]
    assert asked.headers["Location"] == f"/api/v1/pending-acts/{act['id']}"
    assert (act["kind"], act["state"]) == ("accounts.factor_reset", "pending")
    assert act["facts"]["reason"] == WHY["reason"]
    assert alice.post(place(fay), {"reason": "Also"}).data["pending_act"]["id"] == act["id"]
    delivered(now=clock.now())

    agree = f"/pending-acts/{act['id']}/agree"
    assert ann.post(agree, {}).code == "own_pending_act"
    stale = Caller(token_of(world, world.alice, second_factor=None))
    assert stale.post(agree, {}).code == "step_up_required"
    done = alice.post(agree, {})
    assert (done.status, done.data["state"]) == (200, "agreed")
    assert hers.get("/me").status == 401
    assert f"{fay.email}: Your second factors were reset" in delivered(now=clock.now())
    with all_seeing():
        assert not factors_of(fay.id).is_strong

    challenged = ask_in(fay.email)
    assert challenged.data["challenge"]["methods"] == ["email"]
    back = Caller(answer(challenged, code_mailed_to(fay), "email").data["access"])
    held = back.move("/transfers", order(world, source_wallet=world.acme_wallet.handle))
    assert (held.status, held.code) == (422, "factors_lately_reset")
    assert held.data["detail"]
    told = back.post("/transfers/dry-run", order(world, source_wallet=world.acme_wallet.handle))
    assert "factors_lately_reset" in told.body.decode()
    assert world.balance(world.acme_wallet) == 5_00_000_00


def test_who_used_a_factor_meanwhile_keeps_it(world: World, alice: Caller, fay: User) -> None:
    ann = Caller(token_of(world, colleague(world, "ann", "admin")))
    act = ann.post(place(fay), WHY).data["pending_act"]["id"]
    token_of(world, fay)  # she signs in with her app
    done = alice.post(f"/pending-acts/{act}/agree", {})
    assert (done.data["state"], done.data["reason_code"]) == ("failed", "factor_still_in_use")
    with all_seeing():
        assert factors_of(fay.id).is_strong


def test_refusals(world: World, alice: Caller, olga: Caller, fay: User) -> None:
    assert alice.post(place(world.alice), WHY).code == "own_factor_reset"
    assert alice.post(place(world.bob), WHY).code == "no_factors_to_reset"
    assert olga.post(place(fay), WHY).code == "permission_denied"
    for reason in (None, "", "x" * 201, "a\u202eb"):
        refused = alice.post(place(fay), {} if reason is None else {"reason": reason})
        assert refused.status in (400, 422), reason
    stale = Caller(token_of(world, world.alice, second_factor=None))
    assert stale.post(place(fay), WHY).code == "step_up_required"
