"""Undoing a journal, asked about first: the balances that will be, the refusals, and no trace."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest

from accounts.models import User
from kernel.errors import NotFound, PermissionDenied
from kernel.money import InvalidAmount
from ledger.choices import AccountStatus, Side
from ledger.errors import PostingRefused
from ledger.models import LedgerAccount
from ledger.services.journals import (
    JournalOutcome,
    Rehearsal,
    ReversalOrder,
    rehearse_reversal,
)
from ledger.services.periods import close_period, open_period
from ledger.tests.books import become, fresh, nothing_moves
from ledger.tests.test_journals import Desk
from tests.world import NOW, World

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)


@pytest.fixture
def rent(desk: Desk) -> LedgerAccount:
    return desk.open("5200-RENT", "5200")


@pytest.fixture
def owed(desk: Desk) -> LedgerAccount:
    return desk.open("2200-LANDLORD", "2200")


@pytest.fixture
def posted(desk: Desk, rent: LedgerAccount, owed: LedgerAccount) -> JournalOutcome:
    """A hundred of rent that is owed."""
    return desk.post(desk.order((rent, Side.DEBIT, 100), (owed, Side.CREDIT, 100)))


def asked(desk: Desk, outcome: JournalOutcome, who: User | None = None, **more: Any) -> Rehearsal:
    order = ReversalOrder(outcome.transaction_id, "Taken back", b"r" * 32, **more)
    actor = desk.world.actor(who or desk.world.alice)
    with nothing_moves():
        return rehearse_reversal(actor=actor, order=order, now=NOW)


def shown(told: Rehearsal) -> dict[uuid.UUID, int]:
    return {account_id: balance.posted_minor for account_id, balance in told.balances.items()}


@pytest.mark.parametrize("part", [{1: 30, 2: 30}, {1: 100, 2: 100}, None])
def test_what_it_foretells_is_what_happens(
    desk: Desk, rent: LedgerAccount, owed: LedgerAccount, posted, part
):
    told = asked(desk, posted, amounts_minor=part)
    desk.reverse(posted, amounts_minor=part)

    left = 70 if part == {1: 30, 2: 30} else 0
    assert told.refusal is None
    assert shown(told) == {rent.id: left, owed.id: left}
    assert shown(told) == {one.id: fresh(account=one).posted_minor for one in (rent, owed)}


def test_the_rest_of_what_was_undone_in_part(desk: Desk, rent: LedgerAccount, posted):
    desk.reverse(posted, amounts_minor={1: 30, 2: 30})
    assert shown(asked(desk, posted))[rent.id] == 0
    assert shown(asked(desk, posted, amounts_minor={1: 20, 2: 20}))[rent.id] == 50


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"amounts_minor": {1: 71, 2: 71}}, "reversal_exceeds_original"),
        ({"amounts_minor": {1: 5, 3: 5}}, "reversal_exceeds_original"),
        ({"amounts_minor": {}}, "reversal_exceeds_original"),
        ({"amounts_minor": {1: 5, 2: 4}}, "unbalanced_journal"),
        ({"effective_at": NOW - dt.timedelta(microseconds=1)}, "reversal_before_original"),
        ({"effective_at": NOW + DAY}, "effective_in_future"),
    ],
)
def test_what_would_be_refused(desk: Desk, posted, more: dict[str, Any], code: str):
    desk.reverse(posted, amounts_minor={1: 30, 2: 30})
    told = asked(desk, posted, **more)

    assert told.refusal is not None
    assert (told.refusal.code, told.balances) == (code, {})
    with nothing_moves(), pytest.raises(PostingRefused) as refused:
        desk.reverse(posted, **more)
    assert refused.value.code == code


def test_what_is_no_journal_or_is_undone_already(desk: Desk, posted):
    transfer = desk.world.send(destination=desk.world.acme_wallet).transfer
    assert transfer is not None
    assert transfer.source_transaction_id is not None
    whole = desk.reverse(posted)
    for outcome, code in (
        (JournalOutcome(transfer.source_transaction_id), "not_a_journal"),
        (whole, "reversal_of_reversal"),
        (posted, "reversal_exceeds_original"),
    ):
        refusal = asked(desk, outcome).refusal
        assert refusal is not None
        assert refusal.code == code


def test_an_account_that_is_stopped_and_a_period_that_is_closed(
    desk: Desk, owed: LedgerAccount, posted
):
    become(account=owed, status=AccountStatus.SUSPENDED)
    refusal = asked(desk, posted).refusal
    assert refusal is not None
    assert refusal.code == "account_suspended"
    become(account=owed, status=AccountStatus.ACTIVE)

    alice = desk.world.actor(desk.world.alice)
    ends = NOW.date()
    later = NOW + 2 * DAY
    period = open_period(actor=alice, organization_id=desk.world.acme.id, closes_on=ends, now=NOW)
    close_period(actor=alice, period_id=period.id, now=later)
    refusal = asked(desk, posted).refusal
    assert refusal is not None
    assert refusal.code == "period_closed"


def test_who_may_ask(desk: Desk, posted):
    for who, refused in ((desk.world.bob, PermissionDenied), (desk.world.charlie, NotFound)):
        with pytest.raises(refused):
            asked(desk, posted, who=who)
    with pytest.raises(NotFound):
        asked(desk, JournalOutcome(uuid.uuid4()))
    with pytest.raises(InvalidAmount):
        asked(desk, posted, amounts_minor={1: 0, 2: 0})
    assert asked(desk, posted, who=desk.world.olga).refusal is None
