"""What a closing keeps, against a sum over everything that was ever written."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kernel.ids import new_id
from ledger.models import Period, PeriodBalance
from ledger.services import periods
from ledger.services.period_balances import FEW_ENTRIES, keep_balances
from ledger.tests.dated import HOURS, MICROSECOND, POSTS, Books, Close, Post, times_of_our_choice
from tests.database import view
from tests.world import World

__all__ = ["times_of_our_choice"]  # a fixture

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("few", [0, FEW_ENTRIES])
@given(
    acts=st.lists(POSTS.filter(lambda post: post.step < HOURS), min_size=1, max_size=30),
    edges=st.tuples(st.floats(0, 1), st.floats(0, 1)).map(sorted),
)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_closing_keeps_the_turnover_of_the_period(
    world: World, few: int, acts: list[Post], edges: list[float]
) -> None:
    with transaction.atomic(), pytest.MonkeyPatch.context() as patch:
        patch.setattr("ledger.services.period_balances.FEW_ENTRIES", few)
        view(world.acme, world.globex)
        books = Books(world)
        for act in acts:
            books.play(dataclasses.replace(act, home=0))
        starts_at, ends_at = _period(books, *edges)
        for account in books.accounts[0]:
            kept = PeriodBalance.objects.get(account_id=account)
            change = kept.closing_minor - kept.opening_minor
            assert change == sum(
                row.change
                for row in books.written
                if row.account == account and starts_at <= row.effective_at < ends_at
            )
        transaction.set_rollback(True)


def _period(books: Books, begin: float, end: float) -> tuple[dt.datetime, dt.datetime]:
    """Keep the balances of a period between two instants of the books."""
    instants = books.instants()[:-1]
    starts_at = instants[int(begin * (len(instants) - 1))]
    ends_at = max(instants[int(end * (len(instants) - 1))], starts_at + MICROSECOND)
    books.play(Close(0, books.now - starts_at))
    period = Period(
        id=new_id(),
        organization_id=books.homes[0].id,
        starts_at=starts_at,
        closes_on=ends_at.date(),
        ends_at=ends_at,
        opened_at=books.now,
    )
    periods._insert(period)
    keep_balances(period=period, previous=None)
    return starts_at, ends_at
