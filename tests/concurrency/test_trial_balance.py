"""A trial balance is read while a posting is under way: recorded, and not yet committed."""

from __future__ import annotations

import datetime as dt
from functools import partial

import pytest
from django.db import transaction

from kernel import clock
from kernel.context import Context, Scope, entered, reading
from ledger import queries
from ledger.queries import TrialBalanceRow, TrialBalanceTotal
from ledger.services.posting import post
from ledger.tests.books import movement
from tests.concurrency.racing import start
from tests.world import World

pytestmark = pytest.mark.usefixtures("committed_db")


def sheet(
    world: World, known_at: dt.datetime | None
) -> tuple[list[TrialBalanceRow], list[TrialBalanceTotal]]:
    """Rows and sums, as one page reads them."""
    with reading(world.actor(world.alice)):
        asked = queries.trial_balance(known_at=known_at)
        return queries.trial_balance_rows(asked), queries.trial_balance_totals(asked)


def test_what_commits_during_a_walk_is_in_all_of_it_or_in_none(world: World) -> None:
    pay = movement(world.alice_wallet.account, world.acme_wallet.account, 250_00)
    with transaction.atomic(), entered(Context(scope=Scope.PLATFORM)):
        post([pay], now=clock.now())
        settled = start(queries.stable_until).result(timeout=30)
        before = start(partial(sheet, world, settled)).result(timeout=30)
    assert start(partial(sheet, world, settled)).result(timeout=30) == before
    now, _ = start(partial(sheet, world, start(queries.stable_until).result())).result(timeout=30)
    moved = set(now) - set(before[0])
    assert {row.name: row.credit_minor for row in moved} == {
        f"{world.alice_wallet.handle}, current": 1_00_000_00 - 250_00,
        "Organization, current": 5_00_000_00 + 250_00,
    }


def test_in_quiet_books_everything_is_settled_at_once(world: World) -> None:
    world.send(amount_minor=250_00)
    _, totals = sheet(world, queries.stable_until())
    assert sheet(world, None)[1] == totals
    assert clock.now() - queries.stable_until() < dt.timedelta(seconds=5)
