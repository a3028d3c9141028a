"""Closing a period beside postings, and one journal asked for by several at once."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from functools import partial

import pytest
from django.db import transaction

from kernel import clock
from kernel.context import Context, Scope, entered, reading
from ledger.choices import Side
from ledger.errors import PeriodAlreadyClosed, PeriodClosed
from ledger.models import LedgerAccount, Period, PeriodBalance
from ledger.services.journals import JournalLeg, JournalOrder, JournalOutcome, post_journal
from ledger.services.periods import close_period, open_period
from ledger.services.posting import post
from ledger.tests.books import movement
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

BEFORE = NOW - dt.timedelta(days=1)


def opened(world: World) -> Period:
    return open_period(
        actor=world.actor(world.alice),
        organization_id=world.acme.id,
        closes_on=BEFORE.date(),
        now=clock.now(),
    )


def closed(world: World, period: Period) -> Period:
    close = partial(close_period, actor=world.actor(world.alice), period_id=period.id)
    return until_not_busy(lambda: close(now=clock.now()))


def accounts(world: World) -> dict[str, uuid.UUID]:
    with reading(world.actor(world.alice)):
        return dict(LedgerAccount.objects.values_list("code", "id"))


def order(world: World, effective_at: dt.datetime | None = None) -> JournalOrder:
    known = accounts(world)
    legs = (
        JournalLeg(known["4900-RESIDUE"], Side.DEBIT, 5, "INR"),
        JournalLeg(known["3000-OPENING"], Side.CREDIT, 5, "INR"),
    )
    return JournalOrder(world.acme.id, legs, "Residue", b"r" * 32, effective_at)


def test_what_is_under_way_is_waited_for_and_counted(world: World) -> None:
    period, wallet = opened(world), world.alice_wallet.account
    late = dataclasses.replace(
        movement(wallet, world.acme_wallet.account, 7_00), effective_at=BEFORE
    )
    with transaction.atomic(), entered(Context(scope=Scope.PLATFORM)):
        post([late], now=clock.now())
        closing = start(partial(closed, world, period))
        wait_for_waiters(1)
    assert closing.result(timeout=60).state == "CLOSED"

    with reading(world.actor(world.alice)):
        kept = PeriodBalance.objects.get(period=period, account=wallet)
    assert (kept.debit_minor, kept.closing_minor) == (7_00, -7_00)
    assert_books_are_sound(world, by_transfer=False)


def test_what_comes_after_the_closing_finds_it_closed(world: World) -> None:
    period, wanted = opened(world), order(world, BEFORE)
    with holding(wanted.legs[0].account_id):
        journal = start(
            partial(post_journal, actor=world.actor(world.alice), order=wanted, now=clock.now())
        )
        wait_for_waiters(1)
        assert start(partial(closed, world, period)).result(timeout=60).state == "CLOSED"
    with pytest.raises(PeriodClosed):
        journal.result(timeout=60)
    assert_books_are_sound(world)


def test_a_period_closes_once(world: World) -> None:
    period = opened(world)

    def close() -> str:
        try:
            return closed(world, period).state
        except PeriodAlreadyClosed as error:
            return error.code

    outcomes = race([close] * 4)
    assert sorted(outcomes) == ["CLOSED", *["period_already_closed"] * 3]


def test_a_journal_is_written_once_however_many_ask(world: World) -> None:
    wanted = order(world)

    def ask() -> tuple[uuid.UUID, bool]:
        asked = partial(post_journal, actor=world.actor(world.alice), order=wanted)
        outcome = until_not_busy(lambda: asked(now=clock.now()))
        assert isinstance(outcome, JournalOutcome)
        return outcome.transaction_id, outcome.replayed

    outcomes = race([ask] * 6)
    assert len({transaction_id for transaction_id, _ in outcomes}) == 1
    assert sorted(replayed for _, replayed in outcomes) == [False, *[True] * 5]
    assert_books_are_sound(world)
