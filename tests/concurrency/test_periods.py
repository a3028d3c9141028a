"""Closing a period while others post: each entry is in it, or refused."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections import Counter
from functools import partial

import pytest

from kernel.context import reading
from kernel.errors import VaultCraftError
from ledger.choices import PeriodState
from ledger.models import Entry, Period
from ledger.queries import balances_of_period, totals_of_period
from ledger.services.periods import close_period, open_period
from ledger.tests.books import codes, movement, posted
from tests.concurrency.racing import (
    assert_books_are_sound,
    holding,
    race,
    start,
    until_not_busy,
    wait_for_waiters,
)
from tests.world import NOW, World

pytestmark = pytest.mark.usefixtures("committed_db")

YESTERDAY = NOW.date() - dt.timedelta(days=1)
INSIDE = NOW - dt.timedelta(days=2)
ALICE = 1_00_000_00


def opened(world: World) -> Period:
    """The first period of Acme's books, which ended yesterday."""
    return open_period(
        actor=world.actor(world.alice),
        organization_id=world.acme.id,
        closes_on=YESTERDAY,
        now=NOW,
    )


def close(world: World, period: Period) -> str:
    try:
        closed = until_not_busy(
            partial(close_period, actor=world.actor(world.alice), period_id=period.id, now=NOW)
        )
    except VaultCraftError as error:
        return error.code
    return closed.state


def pay(world: World, amount_minor: int, effective_at: dt.datetime = INSIDE) -> str:
    """Post a payment that counts in the period."""
    wanted = movement(world.alice_wallet.account, world.acme_wallet.account, amount_minor)
    dated = dataclasses.replace(wanted, effective_at=effective_at)
    (code,) = codes(until_not_busy(partial(posted, dated)))
    return code or "posted"


def test_postings_in_flight_are_in_the_period_or_refused(world: World) -> None:
    period = opened(world)
    calls = [partial(pay, world, 10_00) for _ in range(20)]

    results = Counter(race([*calls[:10], partial(close, world, period), *calls[10:]]))

    assert results[PeriodState.CLOSED] == 1
    assert results["posted"] + results["period_closed"] == 20
    with reading(world.actor(world.olga)):
        inside = Entry.objects.filter(effective_at__lt=period.ends_at).count()
        (total,) = totals_of_period(period.id)
        kept = balances_of_period(period.id).get(account=world.alice_wallet.account)
    assert inside == 2 * results["posted"]
    assert total.balanced
    assert kept.closing_minor == -results["posted"] * 10_00
    assert_books_are_sound(world, by_transfer=False)


def test_a_posting_that_waits_looks_at_the_books_after_its_locks(world: World) -> None:
    """It waits for an account while the period closes, and is judged by what it finds then."""
    period = opened(world)
    with holding(world.alice_wallet.account_id):
        payment = start(partial(pay, world, 10_00))
        wait_for_waiters(1)
        assert start(partial(close, world, period)).result(timeout=60) == PeriodState.CLOSED
    assert payment.result(timeout=60) == "period_closed"
    assert world.balance(world.alice_wallet) == ALICE
    assert_books_are_sound(world, by_transfer=False)


def test_what_counts_after_the_end_is_not_held_up(world: World) -> None:
    period = opened(world)
    calls = [partial(pay, world, 10_00, NOW) for _ in range(10)]

    results = Counter(race([*calls, partial(close, world, period)]))

    assert results == {"posted": 10, PeriodState.CLOSED: 1}
    assert world.balance(world.alice_wallet) == ALICE - 100_00
    assert_books_are_sound(world, by_transfer=False)


def test_one_period_is_closed_once(world: World) -> None:
    period = opened(world)

    results = Counter(race([partial(close, world, period)] * 8))

    assert results == {PeriodState.CLOSED: 1, "period_already_closed": 7}
