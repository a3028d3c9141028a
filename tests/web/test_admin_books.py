"""The books on the staff site: the trial balance at an instant, periods, the chart."""

from __future__ import annotations

import datetime as dt

import pytest

from kernel import clock
from kernel.context import reading
from kernel.ids import encode
from ledger.choices import Side
from ledger.models import AccountGroup, LedgerAccount, Period, Transaction
from ledger.services.chart import open_account
from ledger.services.journals import (
    JournalLeg,
    JournalOrder,
    JournalOutcome,
    ReversalOrder,
    post_journal,
    reverse_journal,
)
from ledger.services.periods import open_period
from tests.web.conftest import Visit
from tests.world import NOW, World

pytestmark = pytest.mark.django_db

YESTERDAY = NOW.date() - dt.timedelta(days=1)
PERIODS = "/admin/ledger/period/"


def opened(world: World, *, closes_on: dt.date = YESTERDAY) -> Period:
    return open_period(
        actor=world.actor(world.alice),
        organization_id=world.acme.id,
        closes_on=closes_on,
        now=clock.now(),
    )


def test_the_trial_balance_of_an_instant(world: World, visit: Visit) -> None:
    client = visit(world.alice)
    before, at_nine = {"as_of": "2026-11-20T08:59:59"}, {"as_of": "2026-11-20T09:00:00"}
    shown = [
        client.get("/admin/trial-balance/", {**asked, "axis": "effective"}).context["sheets"]
        for asked in (before, at_nine)
    ]
    assert [sheet.debit for sheets in shown for sheet in sheets] == ["₹0.00", "₹6,00,000.00"]
    text = client.get("/admin/trial-balance/", {**at_nine, "axis": "effective"}).content.decode()
    assert "What counts by 20 Nov 2026, 09:00:00 UTC" in text
    for nonsense in ({"as_of": "soon"}, {"as_of": "2026-13-01T00:00"}, {"axis": "both"}):
        assert client.get("/admin/trial-balance/", nonsense).status_code == 400


def test_a_period_is_opened_and_closed_on_pages_that_ask(world: World, visit: Visit) -> None:
    client = visit(world.alice)
    assert "Open a period" in client.get(PERIODS).content.decode()
    asked = {"organization": str(world.acme.id), "closes_on": YESTERDAY.isoformat()}
    assert client.post(f"{PERIODS}open/", asked).status_code == 302
    again = client.post(f"{PERIODS}open/", asked)
    assert "Another period is open" in again.content.decode()
    with reading(world.actor(world.alice)):
        period = Period.objects.get()

    ticked = {"action": "close", "_selected_action": [str(period.id)]}
    page = client.post(PERIODS, ticked, follow=True)
    assert page.context["rows"] == [(period.id, f"To {YESTERDAY}", "Acme · Open")]
    assert client.post(f"{PERIODS}close/", {"id": str(period.id)}).status_code == 302
    with reading(world.actor(world.alice)):
        assert Period.objects.get().state == "CLOSED"


def test_a_closed_period_shows_its_balances_and_that_they_agree(world: World, visit: Visit) -> None:
    period = opened(world, closes_on=NOW.date() - dt.timedelta(days=2))
    client = visit(world.alice)
    client.post(f"{PERIODS}close/", {"id": str(period.id)})
    second = opened(world)
    _journal(world, NOW - dt.timedelta(days=1))
    client.post(f"{PERIODS}close/", {"id": str(second.id)})

    text = client.get(f"{PERIODS}{second.id}/change/").content.decode()
    assert "Agree with the proof" in text
    assert "Rounding and exchange residue" in text
    assert "-₹5.00" in text or "−₹5.00" in text
    rows = client.get("/admin/ledger/periodbalance/", {"period__id__exact": str(second.id)})
    with reading(world.actor(world.alice)):
        accounts = LedgerAccount.objects.count()
    assert rows.context["cl"].result_count == accounts


def test_a_period_that_is_not_over_stays_open(world: World, visit: Visit) -> None:
    period = opened(world, closes_on=clock.now().date() + dt.timedelta(days=1))
    answer = visit(world.alice).post(f"{PERIODS}close/", {"id": str(period.id)}, follow=True)
    assert "The period is not over yet" in answer.content.decode()


def test_a_mistyped_period_is_withdrawn_on_a_page_that_asks(world: World, visit: Visit) -> None:
    period = opened(world, closes_on=clock.now().date() + dt.timedelta(days=300))
    client = visit(world.alice)
    ticked = {"action": "withdraw", "_selected_action": [str(period.id)]}
    page = client.post(PERIODS, ticked, follow=True)
    assert page.context["title"] == "Withdraw periods"
    answer = client.post(f"{PERIODS}withdraw/", {"id": str(period.id)}, follow=True)
    assert f"The period to {period.closes_on} is withdrawn." in answer.content.decode()
    opened(world)
    with reading(world.actor(world.alice)):
        states = list(Period.objects.order_by("id").values_list("state", flat=True))
    assert states == ["WITHDRAWN", "OPEN"]


def test_others_neither_see_nor_close(world: World, visit: Visit) -> None:
    period = opened(world)
    client = visit(world.charlie)
    assert client.get(PERIODS).context["cl"].result_count == 0
    assert client.get(f"{PERIODS}{period.id}/change/").status_code == 302
    client.post(f"{PERIODS}close/", {"id": str(period.id)})
    stranger = {"organization": str(world.acme.id), "closes_on": YESTERDAY.isoformat()}
    assert client.post(f"{PERIODS}open/", stranger).status_code == 200
    with reading(world.actor(world.alice)):
        assert Period.objects.get().state == "OPEN"


def test_a_correction_by_hand_stands_in_the_wallets_history(world: World, visit: Visit) -> None:
    with reading(world.actor(world.olga)):
        residue = LedgerAccount.objects.get(organization=world.acme, code="4900-RESIDUE")
    legs = (
        JournalLeg(residue.id, Side.DEBIT, 7_00, "INR"),
        JournalLeg(world.alice_wallet.account_id, Side.CREDIT, 7_00, "INR"),
    )
    order = JournalOrder(world.acme.id, legs, "Goodwill", b"w" * 32)
    post_journal(actor=world.actor(world.olga), order=order, now=clock.now())
    text = visit(world.alice).get(f"/wallets/{world.alice_wallet.handle}").content.decode()
    assert "Manual journal" in text


def _journal(world: World, effective_at: dt.datetime) -> None:
    with reading(world.actor(world.alice)):
        ids = dict(LedgerAccount.objects.values_list("code", "id"))
    legs = (
        JournalLeg(ids["4900-RESIDUE"], Side.DEBIT, 5_00, "INR"),
        JournalLeg(ids["3000-OPENING"], Side.CREDIT, 5_00, "INR"),
    )
    order = JournalOrder(world.acme.id, legs, "Residue", b"x" * 32, effective_at)
    post_journal(actor=world.actor(world.alice), order=order, now=clock.now())


ACCOUNTS = "/admin/ledger/ledgeraccount/"


def test_a_general_account_is_renamed_and_closed(world: World, visit: Visit) -> None:
    actor = world.actor(world.alice)
    with reading(actor):
        heading = AccountGroup.objects.get(code="5200").id
        cash = LedgerAccount.objects.get(code="1000-CASH")
    rent = open_account(
        actor=actor,
        organization_id=world.acme.id,
        group_id=heading,
        currency="INR",
        code="5200-RENT",
        name="Rent",
        now=clock.now(),
    )
    client = visit(world.alice)
    ticked = {"action": "rename", "_selected_action": [str(rent.id)]}
    page = client.post(ACCOUNTS, ticked, follow=True)
    assert page.context["rows"] == [(rent.id, "Rent", "5200-RENT · INR · Active")]
    client.post(f"{ACCOUNTS}rename/", {"id": str(rent.id), "name": "Rent of the shop"})
    kept = client.post(f"{ACCOUNTS}rename/", {"id": str(cash.id), "name": "Mine"})
    assert "Only a general account" in kept.content.decode()
    ticked = {"action": "close", "_selected_action": [str(rent.id), str(cash.id)]}
    assert len(client.post(ACCOUNTS, ticked, follow=True).context["rows"]) == 2
    answer = client.post(f"{ACCOUNTS}close/", {"id": [str(rent.id), str(cash.id)]}, follow=True)
    assert "Account 5200-RENT is closed." in answer.content.decode()
    assert "Only a general account" in answer.content.decode()
    with reading(actor):
        found = dict(LedgerAccount.objects.values_list("name", "status"))
    assert (found["Rent of the shop"], found["Cash at bank"]) == ("CLOSED", "ACTIVE")


def test_the_original_of_a_reversal_links_to_it(world: World, visit: Visit) -> None:
    actor = world.actor(world.alice)
    _journal(world, NOW - dt.timedelta(days=1))
    with reading(actor):
        original = Transaction.objects.get(kind="JOURNAL")
    order = ReversalOrder(original.id, "Back", b"r" * 32)
    back = reverse_journal(actor=actor, order=order, now=clock.now())
    assert isinstance(back, JournalOutcome)
    text = visit(world.alice).get(f"/admin/ledger/transaction/{original.id}/change/")
    assert encode("txn", back.transaction_id) in text.content.decode()
