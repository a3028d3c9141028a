"""Many hands on reserved money: what a hold reserves is given out once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial

import pytest

from kernel.context import reading
from kernel.errors import VaultCraftError
from ledger.services.holds import reap_overdue_holds
from tests.concurrency.racing import THREADS, assert_books_are_sound, race, until_not_busy
from tests.world import NOW, World
from wallets.models import Wallet, WalletHold
from wallets.services.holds import place_hold, void_hold
from wallets.tests.people import code_of, moved, story_of
from wallets.tests.test_hold_fees import charge_captures, fee_of, income
from wallets.tests.test_holds import LATER, captured, wanted

pytestmark = pytest.mark.usefixtures("committed_db")

ALICE, ACME = 1_00_000_00, 5_00_000_00


def outcome(call: Callable[[], object]) -> str:
    """What became of a call, in one word."""
    try:
        done = until_not_busy(call)
    except VaultCraftError as error:
        return error.code
    return (code_of(done) or "done") if hasattr(done, "error") else "done"  # type: ignore[arg-type]


def raced(*calls: Callable[[], object]) -> Counter[str]:
    return Counter(race([partial(outcome, call) for call in calls]))


def standing(world: World, wallet: Wallet) -> tuple[int, int]:
    """Posted and held."""
    with reading(world.actor(world.olga)):
        account = Wallet.objects.select_related("account").get(id=wallet.id).account
    return account.posted_minor, account.held_minor


def state_of(world: World, hold: WalletHold) -> tuple[str, int, int]:
    with reading(world.actor(world.olga)):
        kept = WalletHold.objects.select_related("hold").get(hold_id=hold.hold_id).hold
    return kept.state, kept.captured_minor, kept.released_minor


def test_50_captures_of_one_hold_never_exceed_it(world: World) -> None:
    """1,000.00 are reserved and 50 ask for 30.00: 33 get it, and 10.00 stay reserved."""
    hold = place_hold(wanted(world))

    results = raced(*(partial(captured, world, hold, 30_00, key=f"c{n}") for n in range(THREADS)))

    assert results == {"done": 33, "capture_exceeds_hold": 17}
    assert state_of(world, hold) == ("OPEN", 33 * 30_00, 0)
    assert standing(world, world.alice_wallet) == (ALICE - 990_00, 10_00)
    assert world.balance(world.acme_wallet) == ACME + 990_00
    assert_books_are_sound(world)


def test_50_captures_at_once_take_exactly_the_fee(world: World) -> None:
    """10.00 on 500.00, in 50 parts of 9.99 or 10.01: no part is refused, and the fee is whole."""
    charge_captures(world)
    hold = place_hold(wanted(world, amount_minor=500_00))
    moved(world.send(amount_minor=ALICE - 510_00))
    parts = [9_99, 10_01] * (THREADS // 2)

    results = raced(
        *(partial(captured, world, hold, part, key=f"p{n}") for n, part in enumerate(parts))
    )

    assert results == {"done": THREADS}
    assert state_of(world, hold) == ("CAPTURED", 500_00, 0)
    assert fee_of(world, hold) == (10_00, 10_00, 0)
    assert (standing(world, world.alice_wallet), income(world)) == ((0, 0), 10_00)
    assert_books_are_sound(world)


def test_one_final_capture_ends_it_for_all(world: World) -> None:
    hold = place_hold(wanted(world))

    results = raced(
        *(partial(captured, world, hold, 400_00, key=f"f{n}", final=True) for n in range(20))
    )

    assert results == {"done": 1, "hold_ended": 19}
    assert state_of(world, hold) == ("CAPTURED", 400_00, 600_00)
    assert standing(world, world.alice_wallet) == (ALICE - 400_00, 0)
    assert_books_are_sound(world)


def test_reserving_and_spending_the_last_money(world: World) -> None:
    """All of it is wanted twenty times, half to keep and half to spend: one gets it."""
    placing = [
        partial(place_hold, wanted(world, key=f"h{n}", amount_minor=ALICE)) for n in range(10)
    ]
    spending = [
        partial(world.send, destination=world.acme_wallet, amount_minor=ALICE) for _ in range(10)
    ]
    results = raced(*placing, *spending)

    assert results == {"done": 1, "insufficient_funds": 19}
    assert standing(world, world.alice_wallet) in ((ALICE, ALICE), (0, 0))
    assert_books_are_sound(world)


def test_voiding_against_capturing(world: World) -> None:
    """One of them ends the hold; what was captured before a void stays captured."""
    hold = place_hold(wanted(world))
    voiding = partial(void_hold, actor=world.actor(world.alice), hold_id=hold.hold_id, now=NOW)

    results = raced(
        *(partial(captured, world, hold, 100_00, key=f"v{n}") for n in range(9)), voiding
    )

    state, taken, freed = state_of(world, hold)
    captures = results["done"] - 1
    assert results == Counter(done=captures + 1, hold_ended=9 - captures)
    assert (state, taken, freed) == ("VOIDED", captures * 100_00, 1_000_00 - captures * 100_00)
    assert standing(world, world.alice_wallet) == (ALICE - taken, 0)
    assert_books_are_sound(world)


def test_expiry_against_capturing(world: World) -> None:
    """The reaper and late captures meet: each hold is released once, and none is captured."""
    holds = [place_hold(wanted(world, key=f"h{n}", amount_minor=100_00)) for n in range(10)]
    reaping = partial(reap_overdue_holds, actor=world.actor(world.olga), now=LATER)
    capturing = [
        partial(captured, world, hold, 100_00, key=f"e{n}", now=LATER)
        for n, hold in enumerate(holds)
    ]

    results = raced(*capturing, *[reaping] * 4)

    assert results == {"hold_ended": 10, "done": 4}
    assert {state_of(world, hold) for hold in holds} == {("EXPIRED", 0, 100_00)}
    assert standing(world, world.alice_wallet) == (ALICE, 0)
    assert_books_are_sound(world)


def test_voiding_at_once_frees_it_once_for_all(world: World) -> None:
    """Twenty void the same hold: all are told that it is voided, and it is on the record once."""
    hold = place_hold(wanted(world))
    voiding = partial(void_hold, actor=world.actor(world.alice), hold_id=hold.hold_id, now=NOW)

    assert raced(*[voiding] * 20) == {"done": 20}
    assert state_of(world, hold) == ("VOIDED", 0, 1_000_00)
    assert standing(world, world.alice_wallet) == (ALICE, 0)
    acts, _ = story_of(world, world.alice, hold.hold_id)
    assert acts.count("wallets.hold.void") == 1
    assert_books_are_sound(world)
