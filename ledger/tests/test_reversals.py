"""Reversals in the books themselves: leg by leg, never more than there was, never earlier."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import uuid

import pytest

from kernel.context import Context, Scope, reading_as
from kernel.crypto import fingerprint
from ledger.choices import AccountStatus, Side, TransactionKind
from ledger.models import Entry, LedgerAccount, Transaction
from ledger.services import shapes
from ledger.services.movements import Leg, Movement, Posted, Posting
from ledger.services.undoing import Original, originals
from ledger.tests.books import become, codes, fresh, legs, movement, moving, nothing_moves, posted
from tests.database import refused_by
from tests.world import NOW, World

ALICE, ACME = 1_00_000_00, 5_00_000_00
_OTHER = {"DEBIT": Side.CREDIT, "CREDIT": Side.DEBIT}
_keys = itertools.count(1)


@pytest.fixture
def paid(alice: LedgerAccount, acme: LedgerAccount) -> uuid.UUID:
    """Alice paid Acme 100.00."""
    return written(movement(alice, acme, 100_00))


def written(wanted: Movement) -> uuid.UUID:
    (result,) = posted(wanted)
    assert isinstance(result, Posted), result
    return result.transaction_ids[0]


def entries_of(transaction_id: uuid.UUID) -> list[Entry]:
    with reading_as(Context(scope=Scope.PLATFORM)):
        return list(Entry.objects.filter(transaction=transaction_id).order_by("seq"))


def undoing(
    transaction_id: uuid.UUID, *amounts_minor: int, at: dt.datetime = NOW, same_side: bool = False
) -> Movement:
    """Each leg of a transaction by its amount; zero leaves a leg alone."""
    undone = entries_of(transaction_id)
    back = tuple(
        Leg(one.account_id, Side(one.side) if same_side else _OTHER[one.side], amount, one.id)
        for one, amount in zip(undone, amounts_minor, strict=True)
        if amount
    )
    return Movement(
        kind=TransactionKind.REVERSAL,
        currency="INR",
        reference=fingerprint("undo", str(next(_keys))),
        postings=(Posting(undone[0].organization_id, back, transaction_id),),
        effective_at=at,
    )


def test_the_whole(alice, acme, paid) -> None:
    back = written(undoing(paid, 100_00, 100_00))

    assert fresh(account=alice).posted_minor == ALICE
    assert fresh(account=acme).posted_minor == ACME
    with reading_as(Context(scope=Scope.PLATFORM)):
        reversal = Transaction.objects.get(id=back)
        assert list(Transaction.objects.get(id=paid).reversals.all()) == [reversal]
    assert (reversal.kind, reversal.reverses_id) == ("REVERSAL", paid)
    assert [one.reverses_id for one in entries_of(back)] == [one.id for one in entries_of(paid)]


def test_parts_until_nothing_is_left(alice, paid) -> None:
    parts = [undoing(paid, 60_00, 60_00), undoing(paid, 60_00, 60_00), undoing(paid, 40_00, 40_00)]

    assert codes(posted(*parts)) == [None, "reversal_exceeds_original", None]
    assert fresh(account=alice).posted_minor == ALICE
    with nothing_moves():
        assert codes(posted(undoing(paid, 1, 1))) == ["reversal_exceeds_original"]


def test_one_leg_may_not_be_undone_more_than_it_was(world, alice, acme) -> None:
    """Three legs: 100.00 paid, of it 70.00 to Acme and 30.00 to another. Each is capped alone."""
    with reading_as(Context(scope=Scope.PLATFORM)):
        fees = LedgerAccount.objects.get(organization=world.acme, kind="FEE_INCOME")
    sides = (alice, Side.DEBIT, 100_00), (acme, Side.CREDIT, 70_00), (fees, Side.CREDIT, 30_00)
    split = written(moving(legs(world.acme.id, *sides)))

    with nothing_moves():
        assert codes(posted(undoing(split, 80_00, 80_00, 0))) == ["reversal_exceeds_original"]
    assert codes(posted(undoing(split, 70_00, 70_00, 0))) == [None]
    assert codes(posted(undoing(split, 30_00, 0, 30_00))) == [None]
    assert fresh(account=alice).posted_minor == ALICE


def test_a_reversal_is_not_reversed(paid) -> None:
    back = written(undoing(paid, 100_00, 100_00))
    with nothing_moves():
        assert codes(posted(undoing(back, 100_00, 100_00))) == ["reversal_exceeds_original"]


def test_money_that_is_gone_does_not_come_back(alice, acme, paid) -> None:
    posted(movement(acme, alice, ACME + 100_00))
    with nothing_moves():
        assert codes(posted(undoing(paid, 1_00, 1_00))) == ["insufficient_funds"]


def test_a_frozen_receiver_keeps_the_money(acme, paid) -> None:
    become(account=acme, status=AccountStatus.FROZEN)
    with nothing_moves():
        assert codes(posted(undoing(paid, 1_00, 1_00))) == ["account_frozen"]


@pytest.mark.parametrize("earlier", [dt.timedelta(microseconds=1), dt.timedelta(days=30)])
def test_never_before_the_original(paid, earlier: dt.timedelta) -> None:
    with nothing_moves(), refused_by("entries_reverse_original"):
        posted(undoing(paid, 1_00, 1_00, at=NOW - earlier))


def test_never_on_the_same_side(paid) -> None:
    with nothing_moves(), refused_by("entries_reverse_original"):
        posted(undoing(paid, 1_00, 1_00, same_side=True))


def test_never_lopsided(paid) -> None:
    with nothing_moves(), refused_by("entries_balanced"):
        posted(undoing(paid, 2_00, 1_00))


def test_only_as_a_reversal(paid) -> None:
    plain = dataclasses.replace(undoing(paid, 1_00, 1_00), kind=TransactionKind.TRANSFER)
    with nothing_moves(), refused_by("transaction_reversal_reverses"):
        posted(plain)


def charged(world: World, alice: LedgerAccount, acme: LedgerAccount) -> Original:
    """Alice paid Acme 100.00 and a fee of 2.00."""
    with reading_as(Context(scope=Scope.PLATFORM)):
        income = LedgerAccount.objects.get(organization=world.acme, kind="FEE_INCOME")
    plain = movement(alice, acme, 100_00)
    postings = shapes.with_fee(plain.postings, payer=alice.id, income=income.id, fee_minor=2_00)
    paid = written(dataclasses.replace(plain, postings=postings))
    with reading_as(Context(scope=Scope.PLATFORM)):
        return originals([paid])[paid]


def part(original: Original, amount_minor: int) -> Movement:
    posting = shapes.reversal(original, amount_minor=amount_minor, returns_fee=True)
    return dataclasses.replace(moving(posting), kind=TransactionKind.REVERSAL)


def test_what_is_last_is_judged_after_what_went_before_in_the_batch(world, alice, acme) -> None:
    """60.00, 50.00 too many, 40.00: the last that stands returns the fee of 2.00, too."""
    paid = charged(world, alice, acme)
    results = posted(part(paid, 60_00), part(paid, 50_00), part(paid, 40_00), part(paid, 1))

    too_much = "reversal_exceeds_original"
    assert codes(results) == [None, too_much, None, too_much]
    assert [one.joined_minor for one in results if isinstance(one, Posted)] == [0, 2_00]
    assert fresh(account=alice).posted_minor == ALICE
    assert fresh(account=acme).posted_minor == ACME


def test_a_part_does_not_return_the_fee(world, alice, acme) -> None:
    paid = charged(world, alice, acme)
    written(part(paid, 99_99))

    assert fresh(account=alice).posted_minor == ALICE - 2_01
