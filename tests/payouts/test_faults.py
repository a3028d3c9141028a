"""Each step of a payout fails, hangs or kills its worker; it ends, and everybody's books agree."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable

import pytest

from events.saga import working
from events.saga.leasing import LeaseLost, take_lease
from tests.payouts.scenes import (
    AMOUNT,
    START,
    Clock,
    Crash,
    ask,
    money_of,
    require_ended,
    require_sound_books,
    saga_of,
    scripted,
    seen,
    work,
)
from tests.world import World
from wallets.rails import RailState

pytestmark = pytest.mark.usefixtures("committed_db")

FAULTS = [f"{what}_{when}" for what in ("fail", "hang", "crash") for when in ("before", "after")]


def test_a_payout_is_paid_once_and_costs_the_wallet_exactly_it(world: World, settings) -> None:
    with scripted(settings) as book:
        outcome = ask(world)
        assert outcome.transfer is not None
        assert outcome.transfer.state == "PROCESSING"
        assert money_of(world.alice_wallet) == (START, AMOUNT)
        assert work(Clock()) == 0
        assert require_ended(world, outcome, book)
        require_sound_books()
        assert book.calls == ["status", "submit", "status"]
        assert book.payments[0].account_number == "50100234567890"


CALLS = [
    *itertools.product(("submit", "status"), (RailState.PAID, RailState.DECLINED)),
    ("cancel", RailState.ACCEPTED),
]


@pytest.mark.parametrize(("operation", "decides"), CALLS)
def test_a_fault_at_any_call(world: World, settings, operation: str, decides: RailState) -> None:
    for fault in FAULTS:
        with scripted(settings, decides=decides) as book:
            book.faults[operation] = [fault]
            outcome = ask(world, key=fault)
            died = work(Clock())
            assert died == fault.startswith("crash")
            assert require_ended(world, outcome, book) == (decides is RailState.PAID)
    require_sound_books()


@pytest.mark.parametrize("operation", ["submit", "status", "cancel"])
def test_one_that_is_called_back_too_late_was_paid(world: World, settings, operation: str) -> None:
    """And what is uncertain twice more is asked twice more."""
    for fault in FAULTS:
        with scripted(settings, decides=RailState.ACCEPTED, cancels=RailState.PAID) as book:
            book.faults[operation] = ["", fault, fault]
            outcome = ask(world, key=fault)
            work(Clock())
            assert require_ended(world, outcome, book)
            assert saga_of(outcome.transfer).turned
    require_sound_books()


DEADLY = {"before_call": "_called", "before_commit": "step_on", "after_commit": "_finish"}


@pytest.mark.parametrize("point", DEADLY)
def test_a_worker_dies_at_each_commit(
    world: World, settings, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    """Between note and call, in the transaction that notes the result, and right after it."""
    ends = (RailState.PAID, RailState.DECLINED, RailState.ACCEPTED)
    for decides, number in itertools.product(ends, (1, 2, 3)):
        with monkeypatch.context() as patched, scripted(settings, decides=decides) as book:
            patched.setattr(working, DEADLY[point], deadly(point, number))
            outcome = ask(world, key=f"{decides} {number}")
            work(Clock())
            assert require_ended(world, outcome, book) == (decides is RailState.PAID)
    require_sound_books()


def deadly(point: str, number: int) -> Callable[..., object]:
    """The function at this point; its call of this number kills the worker."""
    passed, real = itertools.count(1), getattr(working, DEADLY[point])

    def call(*args: object, **kwargs: object) -> object:
        dies = next(passed) == number
        if dies and point == "before_call":
            raise Crash
        done = real(*args, **kwargs)
        if dies:
            raise Crash
        return done

    return call


def test_a_rail_that_never_decides_is_called_back_and_the_money_is_free(
    world: World, settings
) -> None:
    with scripted(settings, decides=RailState.ACCEPTED) as book:
        outcome = ask(world)
        work(Clock())
        assert not require_ended(world, outcome, book)
        assert seen(outcome.transfer).reason_code == "payout_timed_out"


def test_a_rail_that_is_down_for_good_leaves_the_money_reserved_for_a_person(
    world: World, settings
) -> None:
    """Whether it was paid nobody knows: neither booked nor freed."""
    with scripted(settings) as book:
        book.faults = {name: ["fail_before"] * 1_000 for name in ("submit", "status", "cancel")}
        outcome = ask(world)
        work(Clock())
        assert saga_of(outcome.transfer).state == "STUCK"
        assert seen(outcome.transfer).state == "PROCESSING"
        assert money_of(world.alice_wallet) == (START, AMOUNT)


def test_a_slow_worker_cannot_write_once_another_has_the_saga(world: World, settings) -> None:
    with scripted(settings) as book:
        outcome = ask(world)
        clock = Clock()
        slow = take_lease(now=clock.now)
        assert slow is not None
        clock.now += dt.timedelta(minutes=5)
        work(clock)
        with pytest.raises(LeaseLost):
            working._finish(lease=slow, result={}, now=clock.now)
        assert require_ended(world, outcome, book)
        working.attempt(lease=slow, clock=clock)  # nor does it ask the rail
        assert require_ended(world, outcome, book)
