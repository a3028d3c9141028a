"""A limit is reached to the last rupee and not passed, however many pay at once."""

from __future__ import annotations

from functools import partial

import pytest

from kernel.context import reading
from tests.concurrency.racing import THREADS, assert_books_are_sound
from tests.concurrency.test_holds import raced
from tests.world import NOW, World
from wallets.choices import WalletKind
from wallets.models import SpendingUsage
from wallets.services.holds import place_hold
from wallets.services.terms import set_limit_rule
from wallets.services.transfers import TransferOutcome, execute_together, execute_transfers
from wallets.tests.people import moved
from wallets.tests.test_holds import captured, wanted
from wallets.tests.test_reversals import given_back

pytestmark = pytest.mark.usefixtures("committed_db")

ALICE = 1_00_000_00


def limited(world: World, *, day_minor: int | None = None, month_minor: int | None = None) -> None:
    set_limit_rule(
        actor=world.actor(world.olga),
        organization_id=world.acme.id,
        wallet_kind=WalletKind.CURRENT,
        currency="INR",
        day_minor=day_minor,
        month_minor=month_minor,
        now=NOW,
    )


def used(world: World) -> tuple[int, int]:
    """What Alice's wallet spent in the running day and month."""
    with reading(world.actor(world.olga)):
        usage = SpendingUsage.objects.get(wallet=world.alice_wallet)
    return usage.day_minor, usage.month_minor


@pytest.mark.parametrize("together", [False, True])
def test_50_payments_end_exactly_at_the_daily_limit(world: World, together: bool) -> None:
    """Each in a transaction of its own, or several in one."""
    limited(world, day_minor=37 * 40_00)

    def pay() -> TransferOutcome:
        asked = world.request(amount_minor=40_00)
        return execute_together(asked) if together else execute_transfers([asked])[0]

    results = raced(*[pay] * THREADS)

    assert results == {"done": 37, "daily_limit_exceeded": 13}
    assert used(world) == (37 * 40_00, 37 * 40_00)
    assert world.balance(world.alice_wallet) == ALICE - 37 * 40_00
    assert_books_are_sound(world)


def test_50_payments_end_exactly_at_the_monthly_limit(world: World) -> None:
    limited(world, month_minor=12 * 40_00 + 39_99)

    results = raced(*[partial(world.send, amount_minor=40_00)] * THREADS)

    assert results == {"done": 12, "monthly_limit_exceeded": 38}
    assert used(world) == (480_00, 480_00)
    assert_books_are_sound(world)


def test_captures_and_payments_share_the_limit(world: World) -> None:
    limited(world, day_minor=500_00)
    hold = place_hold(wanted(world))
    captures = [partial(captured, world, hold, 50_00, key=f"c{n}") for n in range(10)]

    results = raced(*captures, *[partial(world.send, amount_minor=50_00)] * 10)

    assert results == {"done": 10, "daily_limit_exceeded": 10}
    assert used(world) == (500_00, 500_00)
    assert world.balance(world.alice_wallet) == ALICE - 500_00
    assert_books_are_sound(world)


def test_what_comes_back_while_others_pay_can_be_spent_again(world: World) -> None:
    """The limit is used up; 200.00 come back while 20 want 40.00: at most five of them pay."""
    limited(world, day_minor=400_00)
    paid = moved(world.send(amount_minor=400_00))

    results = raced(
        partial(given_back, world, paid.id, 200_00),
        *[partial(world.send, amount_minor=40_00)] * 20,
    )

    spent = results["done"] - 1
    assert results["done"] + results["daily_limit_exceeded"] == 21
    assert 0 <= spent <= 5
    assert used(world) == (200_00 + spent * 40_00, 200_00 + spent * 40_00)
    assert_books_are_sound(world)
