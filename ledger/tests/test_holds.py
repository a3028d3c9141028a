"""Holds in the books themselves: captured inside postings, overdue ones released on the way."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from audit.models import AuditRecord
from events.models import OutboxEvent
from kernel.context import Context, Scope, reading_as
from kernel.crypto import fingerprint
from kernel.transactions import opens_transaction
from ledger.choices import AccountStatus, Side, TransactionKind
from ledger.models import Hold, LedgerAccount, Transaction
from ledger.services import holds
from ledger.services.movements import Capture, Movement, Posted, Refused
from ledger.services.posting import post
from ledger.tests.books import become, codes, fresh, legs, movement, nothing_moves, posted
from tests.database import statements, work
from tests.world import NOW, World

ALICE = 1_00_000_00
DAY = dt.timedelta(days=1)


def _platform(**_: object) -> Context:
    return Context(scope=Scope.PLATFORM)


@opens_transaction(context=_platform)
def place(*, account: LedgerAccount, amount_minor: int, key: str = "1", **fee: Any) -> uuid.UUID:
    """Reserve for a day."""
    return holds.place_hold(
        organization_id=account.organization_id,
        account_id=account.id,
        amount_minor=amount_minor,
        currency="INR",
        reference=fingerprint("hold", key),
        expires_at=NOW + DAY,
        now=NOW,
        **fee,
    )


@opens_transaction(context=_platform)
def void(*, hold_id: uuid.UUID) -> Hold:
    return holds.void_hold(hold_id=hold_id, now=NOW)


@opens_transaction(context=_platform)
def later(*movements: Movement, now: dt.datetime, whole: bool = False) -> list[Posted | Refused]:
    return post(movements, now=now, all_or_nothing=whole)


def capture(
    hold: uuid.UUID,
    payer: LedgerAccount,
    receiver: LedgerAccount,
    amount_minor: int,
    *,
    fee_minor: int = 0,
    final: bool = False,
    key: str = "c",
    fee_account_id: uuid.UUID | None = None,
) -> Movement:
    debited = amount_minor + fee_minor
    sides = (payer, Side.DEBIT, debited), (receiver, Side.CREDIT, debited)
    return Movement(
        kind=TransactionKind.CAPTURE,
        currency="INR",
        reference=fingerprint("capture", str(hold), key),
        postings=(legs(payer.organization_id, *sides),),
        effective_at=NOW,
        capture=Capture(hold, payer.id, amount_minor, final, fee_account_id),
    )


def fees(world: World) -> LedgerAccount:
    with reading_as(_platform()):
        return LedgerAccount.objects.get(organization=world.acme, kind="FEE_INCOME")


def kept(hold: uuid.UUID) -> tuple[str, int, int]:
    with reading_as(_platform()):
        found = Hold.objects.get(id=hold)
    assert (found.ended_at is None) == (found.state == "OPEN")
    return found.state, found.captured_minor, found.released_minor


def standing(account: LedgerAccount) -> tuple[int, int, int]:
    """Posted, held, available."""
    now = fresh(account=account)
    return now.posted_minor, now.held_minor, now.available_minor


def test_a_hold_lowers_what_is_available_and_not_what_is_posted(alice, acme) -> None:
    place(account=alice, amount_minor=60_000_00)

    assert standing(alice) == (ALICE, 60_000_00, 40_000_00)
    assert codes(posted(movement(alice, acme, 40_000_01))) == ["insufficient_funds"]
    assert codes(posted(movement(alice, acme, 40_000_00))) == [None]
    assert standing(alice) == (60_000_00, 60_000_00, 0)


def test_two_captures_of_one_hold_inside_one_batch(alice, acme) -> None:
    """The second is judged by what the first left, and so is the third."""
    hold = place(account=alice, amount_minor=100_00)
    wanted = [
        capture(hold, alice, acme, amount, key=str(amount)) for amount in (70_00, 40_00, 30_00)
    ]

    assert codes(posted(*wanted)) == [None, "capture_exceeds_hold", None]
    assert kept(hold) == ("CAPTURED", 100_00, 0)
    assert standing(alice) == (ALICE - 100_00, 0, ALICE - 100_00)


def test_a_final_capture_frees_the_rest_for_its_neighbor(alice, acme) -> None:
    hold = place(account=alice, amount_minor=ALICE)
    results = posted(
        capture(hold, alice, acme, 1_00, final=True), movement(alice, acme, ALICE - 1_00)
    )

    assert codes(results) == [None, None]
    assert kept(hold) == ("CAPTURED", 1_00, ALICE - 1_00)
    assert standing(alice) == (0, 0, 0)


def test_after_a_final_capture_nothing_more_is_captured(alice, acme) -> None:
    hold = place(account=alice, amount_minor=100_00)
    first = capture(hold, alice, acme, 1_00, final=True, key="a")

    assert codes(posted(first, capture(hold, alice, acme, 1_00, key="b"))) == [None, "hold_ended"]


def test_a_fee_on_top_is_paid_from_what_is_free(alice, acme) -> None:
    hold = place(account=alice, amount_minor=ALICE)
    with nothing_moves():
        refused = posted(capture(hold, alice, acme, ALICE, fee_minor=1))
    assert codes(refused) == ["insufficient_funds"]

    assert codes(posted(capture(hold, alice, acme, ALICE - 5_00, fee_minor=5_00))) == [
        "insufficient_funds"
    ]
    final = capture(hold, alice, acme, ALICE - 5_00, fee_minor=5_00, final=True)
    assert codes(posted(final)) == [None]
    assert standing(alice) == (0, 0, 0)


def test_a_reserved_fee_joins_the_capture_by_its_share(world, alice, acme) -> None:
    """100.00 and a fee of 5.00 are all that Alice has free. 40.00, too much, 60.00."""
    income = fees(world)
    posted(movement(alice, acme, ALICE - 105_00))
    hold = place(account=alice, amount_minor=100_00, fee_minor=5_00, fee_account_id=income.id)
    wanted = [
        capture(hold, alice, acme, amount, key=str(amount), fee_account_id=income.id)
        for amount in (40_00, 60_01, 60_00)
    ]

    results = posted(*wanted)

    assert codes(results) == [None, "capture_exceeds_hold", None]
    assert [one.joined_minor for one in results if isinstance(one, Posted)] == [2_00, 3_00]
    assert (standing(alice), fresh(account=income).posted_minor) == ((0, 0, 0), 5_00)


def test_a_capture_that_does_not_name_where_the_fee_goes_is_refused(world, alice, acme) -> None:
    """Its account would not be locked."""
    income = fees(world)
    hold = place(account=alice, amount_minor=100_00, fee_minor=5_00, fee_account_id=income.id)
    with nothing_moves():
        assert codes(posted(capture(hold, alice, acme, 40_00))) == ["account_not_found"]


def test_the_capture_names_its_hold(alice, acme) -> None:
    hold = place(account=alice, amount_minor=100_00)
    (result,) = posted(capture(hold, alice, acme, 60_00))

    assert isinstance(result, Posted)
    with reading_as(_platform()):
        written = Transaction.objects.get(id=result.transaction_ids[0])
    assert (written.kind, written.hold_id) == (TransactionKind.CAPTURE, hold)


def test_a_hold_of_another_account_is_none_of_this_one(world, alice, acme) -> None:
    hold = place(account=world.charlie_wallet.account, amount_minor=100_00)
    with nothing_moves():
        assert codes(posted(capture(hold, alice, acme, 1_00))) == ["hold_not_found"]
        assert codes(posted(capture(uuid.uuid4(), alice, acme, 1_00))) == ["hold_not_found"]
    assert kept(hold) == ("OPEN", 0, 0)


def test_a_void_hold_is_over(alice, acme) -> None:
    hold = place(account=alice, amount_minor=100_00)
    posted(capture(hold, alice, acme, 40_00, key="a"))
    void(hold_id=hold)

    assert kept(hold) == ("VOIDED", 40_00, 60_00)
    assert standing(alice) == (ALICE - 40_00, 0, ALICE - 40_00)
    with nothing_moves():
        assert codes(posted(capture(hold, alice, acme, 1_00, key="b"))) == ["hold_ended"]


def test_a_frozen_account_keeps_its_hold_and_pays_no_capture(alice, acme) -> None:
    hold = place(account=alice, amount_minor=100_00)
    become(account=alice, status=AccountStatus.FROZEN)

    with nothing_moves():
        assert codes(posted(capture(hold, alice, acme, 40_00))) == ["account_frozen"]
    assert kept(hold) == ("OPEN", 0, 0)
    become(account=alice, status=AccountStatus.ACTIVE)
    assert codes(posted(capture(hold, alice, acme, 40_00))) == [None]


def test_the_next_posting_releases_what_is_overdue_and_says_so(alice, acme) -> None:
    """All the money is reserved until tomorrow. Tomorrow it can be spent, in one go."""
    hold = place(account=alice, amount_minor=ALICE)
    last = NOW + DAY - dt.timedelta(microseconds=1)
    assert codes(later(movement(alice, acme, 1), now=last)) == ["insufficient_funds"]

    assert codes(later(movement(alice, acme, ALICE), now=NOW + DAY)) == [None]

    assert kept(hold) == ("EXPIRED", 0, ALICE)
    assert standing(alice) == (0, 0, 0)
    with reading_as(_platform()):
        events = OutboxEvent.objects.filter(name="ledger.hold.expired", subject_id=hold)
        records = AuditRecord.objects.filter(action="ledger.hold.expire", subject_id=hold)
        assert [event.payload["released_minor"] for event in events] == [ALICE]
        assert [record.organization_id for record in records] == [alice.organization_id]


def test_a_capture_of_what_is_overdue_releases_it(alice, acme) -> None:
    hold = place(account=alice, amount_minor=100_00)

    assert codes(later(capture(hold, alice, acme, 100_00), now=NOW + DAY)) == ["hold_ended"]
    assert kept(hold) == ("EXPIRED", 0, 100_00)
    assert standing(alice) == (ALICE, 0, ALICE)


def test_a_withheld_batch_releases_all_the_same_and_captures_nothing(alice, acme) -> None:
    overdue = place(account=alice, amount_minor=100_00, key="overdue")
    wanted = movement(alice, acme, 10_00), movement(alice, acme, ALICE * 2)

    results = later(*wanted, now=NOW + DAY, whole=True)

    assert codes(results) == [None, "insufficient_funds"]
    assert results[0] == Posted()
    assert kept(overdue) == ("EXPIRED", 0, 100_00)
    assert standing(alice) == (ALICE, 0, ALICE)


def test_holds_cost_nothing_where_there_are_none(alice, acme) -> None:
    with statements() as without:
        posted(movement(alice, acme, 1))
    place(account=alice, amount_minor=100_00)
    with statements() as beside:
        posted(movement(alice, acme, 1))

    assert work(without) == ["SELECT", "SELECT", "INSERT", "INSERT", "INSERT"]
    assert work(beside) == ["SELECT", "SELECT", "SELECT", "INSERT", "INSERT", "INSERT"]
