"""Many who give the same money back: never more of it than was paid."""

from __future__ import annotations

from functools import partial

import pytest

from tests.concurrency.racing import THREADS, assert_books_are_sound, until_not_busy
from tests.concurrency.test_holds import raced
from tests.world import World
from wallets.tests.people import moved
from wallets.tests.test_reversals import charge, given_back

pytestmark = pytest.mark.usefixtures("committed_db")

ALICE, CHARLIE = 1_00_000_00, 50_000_00


def test_parts_never_exceed_the_payment(world: World) -> None:
    """Of 1,000.00 paid, 50 want 30.00 back: 33 get it."""
    paid = moved(until_not_busy(partial(world.send, amount_minor=1_000_00)))

    results = raced(
        *(partial(given_back, world, paid.id, 30_00, key=f"b{n}") for n in range(THREADS))
    )

    assert results == {"done": 33, "reversal_exceeds_original": 17}
    assert world.balance(world.alice_wallet) == ALICE - 10_00
    assert world.balance(world.charlie_wallet) == CHARLIE + 10_00
    assert_books_are_sound(world)


def test_the_whole_goes_back_once_with_its_fee(world: World) -> None:
    charge(world)
    paid = moved(world.send(amount_minor=1_000_00))
    assert world.balance(world.alice_wallet) == ALICE - 1_005_00

    results = raced(*(partial(given_back, world, paid.id, key=f"w{n}") for n in range(20)))

    assert results == {"done": 1, "reversal_exceeds_original": 19}
    assert world.balance(world.alice_wallet) == ALICE
    assert world.balance(world.charlie_wallet) == CHARLIE
    assert_books_are_sound(world)


def test_the_same_wish_is_one_reversal(world: World) -> None:
    paid = moved(world.send(amount_minor=1_000_00))

    results = raced(*(partial(given_back, world, paid.id, 400_00, key="one") for _ in range(20)))

    assert results == {"done": 20}
    assert world.balance(world.alice_wallet) == ALICE - 600_00
    assert_books_are_sound(world)


def test_giving_back_and_spending_the_same_money(world: World) -> None:
    """Charlie spends everything while the payment is given back: nobody goes below zero."""
    paid = moved(world.send(amount_minor=1_000_00))
    everything = CHARLIE + 1_000_00
    spending = partial(
        world.send,
        sender=world.charlie,
        source=world.charlie_wallet,
        destination=world.alice_wallet,
        amount_minor=everything,
    )

    results = raced(spending, partial(given_back, world, paid.id, 1_000_00))

    assert results == {"done": 1, "insufficient_funds": 1}
    assert world.balance(world.charlie_wallet) in (0, CHARLIE)
    assert_books_are_sound(world)
