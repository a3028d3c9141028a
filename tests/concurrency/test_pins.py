"""Of many guesses at once three are looked at; of many who hurry one spends the approval."""

from __future__ import annotations

import dataclasses
import threading
from collections import Counter
from functools import partial
from typing import Any

import pytest

from accounts.errors import PinLocked, WrongPin
from accounts.models import TransactionPin
from accounts.services.pins import trying, verify_pin
from accounts.services.pins.hashing import pin_fits
from kernel.context import reading
from kernel.errors import VaultCraftError
from tests.approving import OVER, PIN, approval_of, asking, presenting, stored, with_pin
from tests.concurrency.racing import THREADS, assert_books_are_sound, race
from tests.world import NOW, World
from wallets.services.transfers import execute_together, execute_transfers
from wallets.tests.people import code_of

pytestmark = pytest.mark.usefixtures("committed_db")


def test_of_100_guesses_at_once_three_are_checked(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is counted is the real check: bcrypt, called through."""
    alice = with_pin(world, world.alice)
    checks, lock = [0], threading.Lock()

    def counted(**arguments: Any) -> bool:
        with lock:
            checks[0] += 1
        return pin_fits(**arguments)

    monkeypatch.setattr(trying, "pin_fits", counted)

    def guess(number: int) -> type[VaultCraftError]:
        try:
            verify_pin(actor=alice, pin=f"{number:04}", now=NOW)
        except VaultCraftError as error:
            return type(error)
        raise AssertionError("no guess is right")

    answers: Counter[type[VaultCraftError]] = Counter()
    for start in (0, 50):
        guesses = [partial(guess, number) for number in range(start, start + 50)]
        answers.update(race(guesses))

    assert checks == [3]
    assert answers == {WrongPin: 2, PinLocked: 98}
    with reading(alice):
        assert TransactionPin.objects.get().tries == 3


@pytest.mark.parametrize("together", [True, False])
def test_50_transfers_with_one_approval_move_once(world: World, together: bool) -> None:
    asking(world)
    alice = with_pin(world, world.alice)
    items = [
        dataclasses.replace(world.request(amount_minor=OVER + 1), actor=alice)
        for _ in range(THREADS)
    ]
    approval = approval_of(items[0])

    def pay(number: int) -> str | None:
        item = presenting(items[number], approval)
        outcome = execute_together(item) if together else execute_transfers([item])[0]
        return code_of(outcome)

    answers = Counter(race([partial(pay, number) for number in range(THREADS)]))

    assert answers == {None: 1, "approval_used": THREADS - 1}
    assert world.balance(world.alice_wallet) == 1_00_000_00 - OVER - 1
    assert stored(world, approval).consumed_by is not None
    assert_books_are_sound(world)


def test_the_same_transfer_50_times_moves_once_and_spends_once(world: World) -> None:
    asking(world)
    alice = with_pin(world, world.alice)
    item = dataclasses.replace(world.request(amount_minor=OVER + 1, key="one"), actor=alice)
    approved = presenting(item, approval_of(item))

    answers = race([partial(execute_together, approved)] * THREADS)

    assert {code_of(one) for one in answers} == {None}
    assert sum(not one.replayed for one in answers) == 1
    assert world.balance(world.alice_wallet) == 1_00_000_00 - OVER - 1


def test_a_right_pin_among_wrong_ones_is_still_counted(world: World) -> None:
    """Whoever guesses right was one of three, and the counter begins anew with that."""
    alice = with_pin(world, world.alice)

    def try_(pin: str) -> str:
        try:
            verify_pin(actor=alice, pin=pin, now=NOW)
        except VaultCraftError as error:
            return error.code
        return "right"

    answers = Counter(race([partial(try_, pin) for pin in [PIN, "9152", "9152"]]))
    assert answers["right"] == 1
    with reading(alice):
        assert TransactionPin.objects.get().tries <= 2
