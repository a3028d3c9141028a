"""Each step of a payout fails, hangs or kills its worker; it ends, and everybody's books agree."""

from __future__ import annotations

import itertools

import pytest

from events.saga import working
from events.saga.leasing import LeaseLost
from tests.payouts.scenes import (
    AMOUNT,
    START,
    Clock,
    Crash,
    ask,
    money_of,
    require_ended,
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
        assert book.calls == ["status", "submit", "status"]
        assert book.payments[0].account_number == "50100234567890"


@pytest.mark.parametrize(
    ("step", "fault", "decides"),
    [
        *itertools.product(("submit", "status"), FAULTS, (RailState.PAID, RailState.DECLINED)),
        *itertools.product(("cancel",), FAULTS, (RailState.ACCEPTED,)),
    ],
)
def test_a_fault_at_any_call(
    world: World, settings, step: str, fault: str, decides: RailState
) -> None:
    with scripted(settings, decides=decides) as book:
        book.faults[step] = [fault]
        outcome = ask(world)
        died = work(Clock())
        assert died == fault.startswith("crash")
        assert require_ended(world, outcome, book) == (decides is RailState.PAID)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("operation", ["submit", "status", "cancel"])
def test_a_fault_at_the_second_look_as_well(
    world: World, settings, operation: str, fault: str
) -> None:
    """Declined or not: what is uncertain twice is asked twice."""
    with scripted(settings, decides=RailState.ACCEPTED, cancels=RailState.PAID) as book:
        book.faults[operation] = ["", fault, fault]
        outcome = ask(world)
        work(Clock())
        assert require_ended(world, outcome, book)  # called back too late: it was paid
        assert saga_of(outcome.transfer).turned


@pytest.mark.parametrize("decides", [RailState.PAID, RailState.DECLINED, RailState.ACCEPTED])
@pytest.mark.parametrize("point", ["before_call", "before_commit", "after_commit"])
@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_a_worker_dies_at_each_commit(
    world: World,
    settings,
    monkeypatch: pytest.MonkeyPatch,
    decides: RailState,
    point: str,
    number: int,
) -> None:
    """Between note and call, in the transaction that notes the result, and right after it."""
    passed = itertools.count(1)
    whole = {"before_call": "_called", "before_commit": "step_on", "after_commit": "_finish"}
    real = getattr(working, whole[point])

    def deadly(*args: object, **kwargs: object) -> object:
        dies = next(passed) == number
        if dies and point == "before_call":
            raise Crash
        done = real(*args, **kwargs)
        if dies:
            raise Crash
        return done

    monkeypatch.setattr(working, whole[point], deadly)
    with scripted(settings, decides=decides) as book:
        outcome = ask(world)
        work(Clock())
        assert require_ended(world, outcome, book) == (decides is RailState.PAID)


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
        slow = working.take_lease(now=clock.now)
        assert slow is not None
        clock.now = saga_of(outcome.transfer).lease_until
        work(clock)
        with pytest.raises(LeaseLost):
            working._finish(lease=slow, result={}, now=clock.now)
        assert require_ended(world, outcome, book)
        working.attempt(lease=slow, clock=clock)  # nor does it ask the rail
        assert require_ended(world, outcome, book)
