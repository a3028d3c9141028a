"""Many who give the same money back: never more of it than was paid."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from tests.concurrency.racing import (
    THREADS,
    assert_books_are_sound,
    holding,
    start,
    until_not_busy,
    wait_for_waiters,
)
from tests.concurrency.test_holds import raced
from tests.world import World
from wallets.services.transfers import TransferOutcome
from wallets.tests.people import code_of, moved
from wallets.tests.test_reversals import charge, given_back

pytestmark = pytest.mark.usefixtures("committed_db")

ALICE, ACME, CHARLIE = 1_00_000_00, 5_00_000_00, 50_000_00


def after_one_look(world: World, *calls: Callable[[], TransferOutcome]) -> list[TransferOutcome]:
    """All of them have read what is left, and wait for Alice's account, when the first gets it."""
    with holding(world.alice_wallet.account_id):
        answers = [start(call) for call in calls]
        wait_for_waiters(len(calls))
    return [answer.result(timeout=30) for answer in answers]


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
    whole = partial(given_back, world, paid.id, by=world.olga)

    results = raced(*(partial(whole, key=f"w{n}") for n in range(20)))

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


def test_two_parts_that_end_it_together_return_the_fee(world: World) -> None:
    """Of 250.00 and a fee of 5.00, 100.00 and 150.00 go back at once: neither saw the other."""
    charge(world)
    paid = moved(world.send(destination=world.acme_wallet, amount_minor=250_00))
    parts = [
        partial(given_back, world, paid.id, part, by=world.alice, key=f"p{part}")
        for part in (100_00, 150_00)
    ]

    outcomes = after_one_look(world, *parts)

    assert sorted(moved(outcome).fee_minor for outcome in outcomes) == [0, 5_00]
    assert world.balance(world.alice_wallet) == ALICE
    assert world.balance(world.acme_wallet) == ACME
    again = [part() for part in parts]
    assert [one.transfer for one in again] == [one.transfer for one in outcomes]
    assert all(one.replayed for one in again)
    assert_books_are_sound(world)


def test_of_three_that_would_end_it_one_is_refused_and_the_fee_returns_once(world: World) -> None:
    charge(world)
    paid = moved(world.send(destination=world.acme_wallet, amount_minor=250_00))
    parts = [
        partial(given_back, world, paid.id, part, by=world.alice, key=f"t{number}")
        for number, part in enumerate((100_00, 150_00, 150_00))
    ]

    outcomes = after_one_look(world, *parts)

    assert sorted(map(code_of, outcomes), key=str) == [None, None, "reversal_exceeds_original"]
    fees = [one.transfer.fee_minor for one in outcomes if one.transfer]
    assert sorted(fees) == [0, 0, 5_00]
    assert world.balance(world.alice_wallet) == ALICE
    assert_books_are_sound(world)


def test_two_parts_across_end_it_together_in_both_books(world: World) -> None:
    charge(world)
    paid = moved(world.send(amount_minor=250_00))
    parts = [
        partial(given_back, world, paid.id, part, by=world.olga, key=f"x{part}")
        for part in (100_00, 150_00)
    ]

    outcomes = after_one_look(world, *parts)

    assert sorted(moved(outcome).fee_minor for outcome in outcomes) == [0, 5_00]
    assert world.balance(world.alice_wallet) == ALICE
    assert world.balance(world.charlie_wallet) == CHARLIE
    assert_books_are_sound(world)
