"""A limit is reached to the last rupee and not passed, however many pay at once."""

from __future__ import annotations

import dataclasses
import datetime as dt
from functools import partial
from typing import Any

import pytest

from accounts.models import User
from kernel.context import reading
from kyc.choices import Tier
from tests.concurrency.racing import THREADS, assert_books_are_sound
from tests.concurrency.test_holds import raced
from tests.world import NOW, World
from wallets.choices import WalletKind
from wallets.models import SpendingUsage, Wallet
from wallets.services.holds import place_hold
from wallets.services.terms import set_limit_rule
from wallets.services.transfers import TransferOutcome, execute_together, execute_transfers
from wallets.services.wallets import open_wallet
from wallets.tests.people import moved
from wallets.tests.test_holds import captured, wanted
from wallets.tests.test_reversals import given_back

pytestmark = pytest.mark.usefixtures("committed_db")

ALICE = 1_00_000_00


def limited(world: World, *, kind: WalletKind = WalletKind.CURRENT, **more: Any) -> None:
    given: dict[str, Any] = {"organization_id": world.acme.id, "day_minor": None}
    set_limit_rule(
        actor=world.actor(world.olga),
        wallet_kind=kind,
        currency="INR",
        now=NOW,
        **{"month_minor": None, **given, **more},
    )


def savings(world: World, holder: User) -> Wallet:
    actor = world.actor(holder)
    kind = WalletKind.SAVINGS
    wallet = open_wallet(actor=actor, owner_id=holder.id, kind=kind, currency="INR", now=NOW)
    assert world.fund(wallet, ALICE).error is None
    return wallet


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


@pytest.mark.parametrize("together", [False, True])
def test_50_payments_from_two_wallets_end_exactly_at_their_holder_s_limit(
    world: World, together: bool
) -> None:
    """A tier limits the person: no lock of either wallet's account would hold this."""
    other = open_wallet(
        actor=world.actor(world.alice),
        owner_id=world.alice.id,
        kind=WalletKind.SAVINGS,
        currency="INR",
        now=NOW,
    )
    assert world.fund(other, ALICE).error is None
    for kind in (WalletKind.CURRENT, WalletKind.SAVINGS):
        limited(world, kind=kind, tier=Tier.UNVERIFIED, day_minor=12 * 40_00)

    def pay(source: Wallet) -> TransferOutcome:
        asked = world.request(source=source, amount_minor=40_00)
        return execute_together(asked) if together else execute_transfers([asked])[0]

    half = THREADS // 2
    results = raced(*[partial(pay, world.alice_wallet), partial(pay, other)] * half)

    assert results == {"done": 12, "daily_limit_exceeded": THREADS - 12}
    left = world.balance(world.alice_wallet) + world.balance(other)
    assert left == 2 * ALICE - 12 * 40_00
    assert_books_are_sound(world)


def test_batches_of_two_people_s_wallets_in_any_order_do_not_wait_for_each_other(
    world: World,
) -> None:
    """Each batch pays from one wallet of Alice and one of Charlie; the next from their others."""
    wallets = [(world.alice, world.alice_wallet), (world.charlie, world.charlie_wallet)]
    for person in (world.alice, world.charlie):
        other = open_wallet(
            actor=world.actor(person),
            owner_id=person.id,
            kind=WalletKind.SAVINGS,
            currency="INR",
            now=NOW,
        )
        assert world.fund(other, ALICE).error is None
        wallets.append((person, other))
    world.fund(world.charlie_wallet, ALICE)
    for kind in (WalletKind.CURRENT, WalletKind.SAVINGS):
        limited(world, kind=kind, tier=Tier.UNVERIFIED, organization_id=None, day_minor=100_00)

    def batch(chosen: list[int]) -> TransferOutcome:
        asked = []
        for person, source in (wallets[one] for one in chosen):
            to = world.charlie_wallet if person == world.alice else world.alice_wallet
            asked.append(
                world.request(sender=person, source=source, destination=to, amount_minor=10_00)
            )
        return execute_transfers(asked, all_or_nothing=True)[0]

    results = raced(*[partial(batch, chosen) for chosen in ([0, 3], [1, 2], [2, 3])] * 8)

    assert sum(results.values()) == 24
    assert set(results) <= {"done", "daily_limit_exceeded", "batch_withheld"}
    assert results["done"] == 10
    assert_books_are_sound(world)


def test_what_was_asked_for_before_midnight_counts_in_the_day_that_runs(world: World) -> None:
    """Otherwise requests held back over midnight would open the day that is over again."""
    other = savings(world, world.alice)
    for kind in (WalletKind.CURRENT, WalletKind.SAVINGS):
        limited(world, kind=kind, tier=Tier.UNVERIFIED, day_minor=100_00)
    assert world.send(amount_minor=100_00).error is None
    tomorrow = NOW + dt.timedelta(days=1)
    late = world.request(amount_minor=1_00)
    assert execute_transfers([dataclasses.replace(late, now=tomorrow)])[0].error is None
    assert world.send(amount_minor=99_01, source=other).error is not None
    assert world.send(amount_minor=99_00, source=other).error is None
    late = world.request(source=other, amount_minor=1)
    assert execute_transfers([dataclasses.replace(late, now=tomorrow)])[0].error is not None
    assert_books_are_sound(world)
