"""Reserved money that many want at once."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from functools import partial

import pytest

from kernel.context import reading
from kernel.crypto import fingerprint
from kernel.errors import VaultCraftError
from ledger.services.holds import reap_overdue_holds
from tests.concurrency.racing import assert_books_are_sound, race, until_not_busy
from tests.world import NOW, World
from wallets.models import Wallet, WalletHold
from wallets.services.holds import HoldRequest, capture_hold, place_hold, void_hold
from wallets.services.references import reference_of
from wallets.services.transfers import TransferOutcome

pytestmark = pytest.mark.usefixtures("committed_db")

ALICE = 1_00_000_00
LATER = NOW + dt.timedelta(days=8)


def reserved(world: World, amount_minor: int, key: str = "hold") -> WalletHold:
    actor = world.actor(world.alice)
    return place_hold(
        HoldRequest(
            actor=actor,
            source=world.alice_wallet.handle,
            destination=world.acme_wallet.handle,
            amount_minor=amount_minor,
            currency="INR",
            expires_at=NOW + dt.timedelta(days=7),
            reference=reference_of(actor=actor, route="holds", key=key),
            fingerprint=fingerprint(key),
            now=NOW,
        )
    )


def taken(
    world: World, hold: WalletHold, amount_minor: int, number: int, *, now: dt.datetime = NOW
) -> TransferOutcome:
    actor = world.actor(world.alice)
    return capture_hold(
        actor=actor,
        hold_id=hold.hold_id,
        amount_minor=amount_minor,
        final=False,
        reference=reference_of(actor=actor, route="captures", key=str(number)),
        fingerprint=fingerprint(str(number)),
        now=now,
    )


def code_of(call: Callable[[], object]) -> str:
    """What became of a call: `done` or the code of its refusal."""
    try:
        outcome = until_not_busy(call)
    except VaultCraftError as error:
        return error.code
    refused = getattr(outcome, "error", None)
    return refused.code if refused else "done"


def account(world: World) -> tuple[int, int]:
    """Posted and held of Alice's wallet."""
    with reading(world.actor(world.olga)):
        kept = Wallet.objects.select_related("account").get(id=world.alice_wallet.id).account
        return kept.posted_minor, kept.held_minor


def test_fifty_captures_of_one_hold_take_no_more_than_it_has(world: World) -> None:
    hold = reserved(world, 1_000_00)
    calls = [partial(taken, world, hold, 58_82, number) for number in range(50)]
    answers = Counter(race([partial(code_of, call) for call in calls]))

    assert 17 * 58_82 <= 1_000_00 < 18 * 58_82
    assert answers == {"done": 17, "capture_exceeds_hold": 33}
    assert account(world) == (ALICE - 17 * 58_82, 1_000_00 - 17 * 58_82)
    assert_books_are_sound(world)


def test_the_last_money_is_either_reserved_or_spent(world: World) -> None:
    reserving = [partial(reserved, world, ALICE, f"hold-{n}") for n in range(8)]
    spending = [partial(world.send, amount_minor=ALICE) for _ in range(8)]
    calls: list[Callable[[], object]] = [*reserving, *spending]
    answers = Counter(race([partial(code_of, call) for call in calls]))

    assert answers == {"done": 1, "insufficient_funds": 15}
    assert account(world) in {(ALICE, ALICE), (0, 0)}
    assert_books_are_sound(world)


def test_void_and_captures_together_give_each_rupee_once(world: World) -> None:
    hold = reserved(world, 1_000_00)
    void = partial(void_hold, actor=world.actor(world.alice), hold_id=hold.hold_id, now=NOW)
    captures = [partial(taken, world, hold, 100_00, number) for number in range(15)]
    calls: list[Callable[[], object]] = [void, *captures]
    answers = race([partial(code_of, call) for call in calls])

    posted, held = account(world)
    assert held == 0
    assert posted == ALICE - 100_00 * answers[1:].count("done")
    assert set(answers) <= {"done", "hold_ended", "capture_exceeds_hold"}
    assert_books_are_sound(world)


def test_the_reaper_and_late_captures_agree_that_it_is_over(world: World) -> None:
    hold = reserved(world, 1_000_00)
    reap = partial(reap_overdue_holds, actor=world.actor(world.olga), now=LATER)
    late = [partial(taken, world, hold, 100_00, number, now=LATER) for number in range(8)]
    race([partial(code_of, reap), *[partial(code_of, call) for call in late]])
    code_of(reap)

    assert account(world) == (ALICE, 0)
    assert_books_are_sound(world)
