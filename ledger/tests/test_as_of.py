"""Balances at an instant, on both axes, against a sum over everything that was ever written."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from kernel import clock
from kernel.context import reading
from kernel.errors import NotFound
from ledger import queries
from ledger.choices import Axis
from ledger.tests.dated import (
    CLASSES,
    CLOSES,
    LAGS,
    MICROSECOND,
    POSTS,
    STEPS,
    Books,
    Close,
    Post,
    times_of_our_choice,
)
from tests.database import run, statements, view, work
from tests.world import World

__all__ = ["times_of_our_choice"]  # a fixture

pytestmark = pytest.mark.django_db

SECOND, DAY = dt.timedelta(seconds=1), dt.timedelta(days=1)


@given(acts=st.lists(st.one_of(POSTS, POSTS, POSTS, CLOSES), min_size=1, max_size=25))
@example([Post(0, 0, 1, 5, SECOND, DAY), Post(0, 0, 1, 7, STEPS[0], STEPS[0]), Close(0, SECOND)])
@example([Post(1, 0, 1, 5, SECOND, LAGS[5]), Close(1, STEPS[0]), Post(1, 1, 0, 3, SECOND, DAY)])
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_both_axes_agree_with_the_sum_of_all_entries(
    world: World, acts: list[Post | Close]
) -> None:
    with transaction.atomic():
        view(world.acme, world.globex)
        books = Books(world)
        for act in acts:
            books.play(act)
        for moment, axis in itertools.product(books.instants(), Axis):
            asked = queries.trial_balance(as_of=moment, axis=axis)
            rows = queries.trial_balance_rows(asked)
            shown = {row.account_id: row.debit_minor - row.credit_minor for row in rows}
            for accounts in books.accounts:
                for account, account_class in zip(accounts, CLASSES, strict=True):
                    sign = 1 if account_class in ("ASSET", "EXPENSE") else -1
                    assert shown[account] == sign * books.expected(account, moment, axis)
            for total in queries.trial_balance_totals(asked):
                assert total.balanced
        transaction.set_rollback(True)


@given(acts=st.lists(st.one_of(POSTS, POSTS, POSTS, CLOSES), min_size=3, max_size=12))
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_past_as_it_was_known_at_an_instant(world: World, acts: list[Post | Close]) -> None:
    with transaction.atomic():
        view(world.acme, world.globex)
        books = Books(world)
        for act in acts:
            books.play(act)
        knowing = books.instants()[::4]
        for moment, axis, known_at in itertools.product(books.instants()[::3], Axis, knowing):
            asked = queries.trial_balance(as_of=moment, axis=axis, known_at=known_at)
            rows = queries.trial_balance_rows(asked)
            shown = {row.account_id: row.debit_minor - row.credit_minor for row in rows}
            for accounts in books.accounts:
                for account, account_class in zip(accounts, CLASSES, strict=True):
                    sign = 1 if account_class in ("ASSET", "EXPENSE") else -1
                    expected = books.expected(account, moment, axis, known_at)
                    assert shown[account] == sign * expected
            assert all(total.balanced for total in queries.trial_balance_totals(asked))
        transaction.set_rollback(True)


def test_a_deposit_counts_from_its_effective_time_on(world: World) -> None:
    account, morning = world.alice_wallet.account_id, dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)
    with reading(world.actor(world.alice)):
        before = queries.balance_of(
            account, as_of=morning - MICROSECOND, axis=Axis.EFFECTIVE
        ).posted_minor
        effective = queries.balance_of(account, as_of=morning, axis=Axis.EFFECTIVE).posted_minor
        recorded = queries.balance_of(account, as_of=morning, axis=Axis.RECORDED).posted_minor
        now = queries.balance_of(account).posted_minor
    assert (before, effective, recorded, now) == (0, 1_00_000_00, 0, 1_00_000_00)


def test_an_account_of_another_organization_has_no_balance(world: World) -> None:
    account = world.alice_wallet.account_id
    with reading(world.actor(world.charlie)):
        for as_of in (None, clock.now()):
            with pytest.raises(NotFound):
                queries.balance_of(account, as_of=as_of, axis=Axis.EFFECTIVE)
        asked = queries.trial_balance(organization_id=world.acme.id, as_of=clock.now())
        assert list(asked) == []


def test_the_function_itself_answers_nothing_about_hidden_accounts(world: World) -> None:
    with transaction.atomic():
        view(world.globex)
        with statements():
            found = run(
                "SELECT 1 WHERE ledger_balance_at(%s, now(), true) IS NOT NULL",
                world.alice_wallet.account_id,
            )
    assert found == 0


def test_the_trial_balance_of_an_instant_is_one_statement(world: World) -> None:
    counts = []
    for _ in range(2):
        world.send(amount_minor=1)
        with reading(world.actor(world.olga)), statements() as made:
            list(queries.trial_balance(as_of=clock.now(), axis=Axis.EFFECTIVE))
        counts.append(work(made))
    assert counts == [["SELECT"], ["SELECT"]]
