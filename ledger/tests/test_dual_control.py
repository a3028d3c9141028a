"""Journals, their reversals and clearing caps under a policy that takes a second person."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from accounts.errors import OwnPendingAct
from accounts.models import PendingAct, User
from accounts.services.pending_acts import agree
from accounts.services.people import remove_member
from accounts.tests.builders import by_two
from kernel.context import reading
from kernel.crypto import fingerprint
from kernel.errors import PermissionDenied
from ledger.choices import Side
from ledger.errors import (
    JournalReferenceReused,
    TimeZoneTearsBooks,
    UnbalancedJournal,
)
from ledger.models import ClearingCap, Transaction
from ledger.services.clearing import set_clearing_cap
from ledger.services.journals import (
    JournalOrder,
    JournalOutcome,
    ReversalOrder,
    post_journal,
    reverse_journal,
)
from ledger.services.periods import open_period
from ledger.services.timezones import set_timezone
from ledger.tests.test_journals import Desk
from tests.world import NOW, World, colleague, takes_two

pytestmark = pytest.mark.django_db

LATER = NOW + dt.timedelta(hours=1)


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)


@pytest.fixture
def fay(world: World) -> User:
    """Finance of Acme; journals and terms take a second person from now on."""
    found = colleague(world, "fay", "finance")
    takes_two(world, journals=True, terms=True)
    return found


def cap(world: World, minor: int, currency: str = "INR") -> object:
    return set_clearing_cap(
        actor=world.signed_in(world.alice),
        organization_id=world.acme.id,
        counterparty_id=world.globex.id,
        currency=currency,
        cap_minor=minor,
        now=NOW,
    )


def test_a_corrected_cap_is_another_wish(world: World, fay: User) -> None:
    first = waits(cap(world, 5_000_000_000))
    second, third = waits(cap(world, 100)), waits(cap(world, 500, "USD"))
    assert [one.amount_minor for one in (first, second, third)] == [5_000_000_000, 100, 500]
    assert waits(cap(world, 100)).id == second.id


def test_a_cap_that_was_set_meanwhile_stays(world: World, fay: User) -> None:
    first, second = waits(cap(world, 5_000_000_000)), waits(cap(world, 1_00))
    assert agree(actor=world.signed_in(fay), act_id=second.id, now=LATER).state == "agreed"
    failed = agree(actor=world.signed_in(fay), act_id=first.id, now=LATER)
    assert failed.reason_code == "changed_meanwhile"
    assert 1_00 in caps(world)


def rent(desk: Desk, **more: object) -> JournalOrder:
    owed, costs = desk.open("2200-LANDLORD", "2200"), desk.open("5200-RENT", "5200")
    return desk.order((costs, Side.DEBIT, 500_00), (owed, Side.CREDIT, 500_00), **more)


def written(world: World) -> int:
    with reading(world.signed_in(world.alice)):
        return Transaction.objects.filter(kind__in=("JOURNAL", "REVERSAL")).count()


def waits(done: object) -> PendingAct:
    assert isinstance(done, PendingAct)
    return done


def test_a_journal_counts_once_a_second_person_agreed(world: World, desk: Desk, fay: User) -> None:
    order = rent(desk)
    alice = world.signed_in(world.alice)
    act = waits(post_journal(actor=alice, order=order, now=NOW))
    assert waits(post_journal(actor=alice, order=order, now=NOW)).id == act.id
    assert written(world) == 0
    with pytest.raises(OwnPendingAct):
        agree(actor=alice, act_id=act.id, now=LATER)

    done = agree(actor=world.signed_in(fay), act_id=act.id, now=LATER)

    assert (done.state, written(world)) == ("agreed", 1)
    again = post_journal(actor=alice, order=order, now=NOW)
    assert isinstance(again, JournalOutcome)
    assert (again.transaction_id, again.replayed) == (done.result_id, True)


def test_its_reversal_takes_one_as_well(world: World, desk: Desk, fay: User) -> None:
    act = waits(post_journal(actor=world.signed_in(fay), order=rent(desk), now=NOW))
    done = agree(actor=world.signed_in(world.alice), act_id=act.id, now=NOW)
    assert done.result_id is not None
    undo = ReversalOrder(
        transaction_id=done.result_id,
        description="Taken back",
        reference=fingerprint("undo"),
        amounts_minor={1: 200_00, 2: 200_00},
    )
    back = waits(reverse_journal(actor=world.signed_in(world.alice), order=undo, now=LATER))
    assert written(world) == 1
    assert agree(actor=world.signed_in(fay), act_id=back.id, now=LATER).state == "agreed"
    assert written(world) == 2


def test_what_is_wrong_already_does_not_wait(world: World, desk: Desk, fay: User) -> None:
    order = rent(desk)
    off = dataclasses.replace(order.legs[0], amount_minor=1)
    with pytest.raises(UnbalancedJournal):
        post_journal(
            actor=world.signed_in(world.alice),
            order=dataclasses.replace(order, legs=(off, order.legs[1])),
            now=NOW,
        )
    waits(post_journal(actor=world.signed_in(world.alice), order=order, now=NOW))
    with pytest.raises(JournalReferenceReused):
        post_journal(
            actor=world.signed_in(world.alice),
            order=dataclasses.replace(order, description="Another"),
            now=NOW,
        )


def test_what_became_wrong_is_kept_as_failed(world: World, desk: Desk, fay: User) -> None:
    order = rent(desk, effective_at=NOW - dt.timedelta(days=2))
    act = waits(post_journal(actor=world.signed_in(fay), order=order, now=NOW))
    by_two(remove_member(actor=world.signed_in(world.alice), user_id=fay.id, now=NOW), now=NOW)
    failed = agree(actor=world.signed_in(world.alice), act_id=act.id, now=LATER)
    assert (failed.state, failed.reason_code) == ("failed", "maker_may_no_longer")
    assert written(world) == 0


def test_a_clearing_cap_waits(world: World, fay: User) -> None:
    cap = waits(
        set_clearing_cap(
            actor=world.signed_in(world.alice),
            organization_id=world.acme.id,
            counterparty_id=world.globex.id,
            currency="INR",
            cap_minor=1_00,
            now=NOW,
        )
    )
    with pytest.raises(PermissionDenied):
        agree(actor=world.signed_in(world.bob), act_id=cap.id, now=LATER)
    assert caps(world) == {10_00_000_00}

    assert agree(actor=world.signed_in(fay), act_id=cap.id, now=LATER).state == "agreed"

    assert caps(world) == {10_00_000_00, 1_00}


def caps(world: World) -> set[int]:
    with reading(world.signed_in(world.olga)):
        return set(ClearingCap.objects.values_list("cap_minor", flat=True))


def test_a_time_zone_moves_days_forward_and_stands_once_a_period_does(world: World) -> None:
    alice = world.signed_in(world.alice)
    assert set_timezone(actor=alice, timezone="Asia/Kolkata", now=NOW).timezone == "Asia/Kolkata"
    open_period(
        actor=alice, organization_id=world.acme.id, closes_on=dt.date(2026, 11, 30), now=NOW
    )
    with pytest.raises(TimeZoneTearsBooks):
        set_timezone(actor=alice, timezone="Europe/Berlin", now=NOW)
    for nobody in (world.bob, world.olga):
        with pytest.raises(PermissionDenied):
            set_timezone(actor=world.signed_in(nobody), timezone="UTC", now=NOW)
