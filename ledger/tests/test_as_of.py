"""Balances at an instant, on both axes, against a sum over everything that was ever written."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import os
import uuid
from collections.abc import Iterator

import psycopg
import pytest
from django.db import connections, transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from accounts.models import Organization
from kernel import clock
from kernel.context import reading
from kernel.crypto import fingerprint
from kernel.errors import NotFound
from kernel.ids import new_id
from ledger import queries
from ledger.choices import Axis
from ledger.tests.raw import RawEntry, insert_entries
from tests.database import run, statements, view, work
from tests.servers import SUPERUSER_VARIABLE
from tests.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True, scope="module")
def _times_of_our_choice(django_db_setup: None) -> Iterator[None]:
    """Recorded time, and that periods end with days, is the database's to say; not so here."""
    ours = (
        ("ledger_entry", "ledger_entries_a_recorded"),
        ("ledger_period", "ledger_period_last_day"),
    )
    database = str(connections.settings["default"]["NAME"])
    with psycopg.connect(os.environ[SUPERUSER_VARIABLE], dbname=database, autocommit=True) as root:
        for table, trigger in ours:
            root.execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
        yield
        for table, trigger in ours:
            root.execute(f"ALTER TABLE {table} ENABLE TRIGGER {trigger}")


MICROSECOND = dt.timedelta(microseconds=1)
STEPS = [dt.timedelta(), MICROSECOND, dt.timedelta(milliseconds=400), dt.timedelta(seconds=1)]
LAGS = [
    dt.timedelta(),
    MICROSECOND,
    dt.timedelta(milliseconds=5),
    dt.timedelta(seconds=1) - MICROSECOND,
    dt.timedelta(seconds=1),
    dt.timedelta(seconds=1) + MICROSECOND,
    dt.timedelta(seconds=3),
    dt.timedelta(days=1),
]
CLASSES = ["ASSET", "LIABILITY", "EXPENSE"]
_numbers = itertools.count(1)


@dataclasses.dataclass(frozen=True)
class Post:
    """Write a transaction a step after the last one, dated back by the lag."""

    home: int
    debit: int
    credit: int
    amount_minor: int
    step: dt.timedelta
    lag: dt.timedelta


@dataclasses.dataclass(frozen=True)
class Close:
    """Close a period that ended the lag ago."""

    home: int
    lag: dt.timedelta


POSTS = st.builds(
    Post,
    home=st.integers(0, 1),
    debit=st.integers(0, 2),
    credit=st.integers(0, 2),
    amount_minor=st.integers(1, 1_000),
    step=st.sampled_from([*STEPS, dt.timedelta(hours=5)]),
    lag=st.sampled_from(LAGS),
).filter(lambda post: post.debit != post.credit)
CLOSES = st.builds(Close, home=st.integers(0, 1), lag=st.sampled_from(LAGS))


@dataclasses.dataclass(frozen=True)
class Written:
    """One entry, its amount positive where it makes its account's balance grow."""

    account: uuid.UUID
    change: int
    effective_at: dt.datetime
    recorded_at: dt.datetime


class Books:
    """What was written, kept beside the database in plain lists."""

    def __init__(self, world: World) -> None:
        self.homes = [world.acme, world.globex]
        self.now = clock.now() + dt.timedelta(hours=1)
        self.began = self.now
        self.boundary: list[dt.datetime | None] = [None, None]
        self.accounts = [[_account(home, one) for one in CLASSES] for home in self.homes]
        self.written: list[Written] = []

    def play(self, act: Post | Close) -> None:
        if isinstance(act, Close):
            self._close(act)
        else:
            self._post(act)

    def _post(self, act: Post) -> None:
        self.now += act.step
        effective_at = max(self.now - act.lag, self.boundary[act.home] or self.now - act.lag)
        accounts = self.accounts[act.home]
        legs = [(act.debit, "DEBIT"), (act.credit, "CREDIT")]
        rows = []
        owner = _transaction(self.homes[act.home], effective_at, self.now)
        for seq, (index, side) in enumerate(legs, start=1):
            grows = (side == "DEBIT") == (CLASSES[index] in ("ASSET", "EXPENSE"))
            change = act.amount_minor if grows else -act.amount_minor
            before = [row for row in self.written if row.account == accounts[index]]
            rows.append(
                RawEntry(
                    transaction_id=owner,
                    organization_id=self.homes[act.home].id,
                    seq=seq,
                    account_id=accounts[index],
                    side=side,
                    amount_minor=act.amount_minor,
                    balance_after_minor=sum(row.change for row in before) + change,
                    version=len(before) + 1,
                    effective_at=effective_at,
                    recorded_at=self.now,
                )
            )
            self.written.append(Written(accounts[index], change, effective_at, self.now))
        insert_entries(rows)

    def _close(self, act: Close) -> None:
        before, ends_at = self.boundary[act.home], self.now - act.lag
        if before and ends_at <= before:
            return
        period = new_id()
        run(
            "INSERT INTO ledger_period (id, organization_id, starts_at, closes_on, ends_at, state,"
            " opened_at) VALUES (%s, %s, %s, %s, %s, 'OPEN', %s)",
            *(period, self.homes[act.home].id, before, ends_at.date(), ends_at, self.now),
        )
        run(
            "UPDATE ledger_period SET state = 'CLOSED', closed_at = %s, opening_proof = '\\x00',"
            " closing_proof = '\\x00' WHERE id = %s",
            *(self.now, period),
        )
        self.boundary[act.home] = ends_at

    def instants(self) -> list[dt.datetime]:
        """Every instant at which something changes, and its neighbors."""
        written = {moment for row in self.written for moment in (row.effective_at, row.recorded_at)}
        turns = {self.began, *written}
        around = {turn + delta for turn in turns for delta in (-MICROSECOND, dt.timedelta())}
        return sorted({*around, self.now + dt.timedelta(days=1)})

    def expected(self, account: uuid.UUID, moment: dt.datetime, axis: Axis) -> int:
        entries = [row for row in self.written if row.account == account]
        if axis == Axis.EFFECTIVE:
            return sum(row.change for row in entries if row.effective_at <= moment)
        return sum(row.change for row in entries if row.recorded_at <= moment)


def _account(home: Organization, account_class: str) -> uuid.UUID:
    account_id = new_id()
    run(
        "INSERT INTO ledger_ledgeraccount (id, organization_id, kind, account_class, currency_id,"
        " code, name, status, created_at) VALUES (%s, %s, 'GENERAL', %s, 'INR', %s, 'x', 'ACTIVE',"
        " %s)",
        *(account_id, home.id, account_class, f"9000-{next(_numbers)}", clock.now()),
    )
    return account_id


def _transaction(
    home: Organization, effective_at: dt.datetime, recorded_at: dt.datetime
) -> uuid.UUID:
    transaction_id = new_id()
    run(
        "INSERT INTO ledger_transaction (id, organization_id, kind, reference, entry_count,"
        " effective_at, recorded_at, description, metadata)"
        " VALUES (%s, %s, 'JOURNAL', %s, 2, %s, %s, '', '{}')",
        *(transaction_id, home.id, fingerprint("as-of", str(next(_numbers)))),
        *(effective_at, recorded_at),
    )
    return transaction_id


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
            rows = queries.trial_balance(as_of=moment, axis=axis)
            shown = {row.account_id: row.debit_minor - row.credit_minor for row in rows}
            for accounts in books.accounts:
                for account, account_class in zip(accounts, CLASSES, strict=True):
                    sign = 1 if account_class in ("ASSET", "EXPENSE") else -1
                    assert shown[account] == sign * books.expected(account, moment, axis)
            for total in queries.trial_balance_totals(rows):
                assert total.balanced
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
        assert queries.trial_balance(organization_id=world.acme.id, as_of=clock.now()) == []


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
            queries.trial_balance(as_of=clock.now(), axis=Axis.EFFECTIVE)
        counts.append(work(made))
    assert counts == [["SELECT"], ["SELECT"]]
