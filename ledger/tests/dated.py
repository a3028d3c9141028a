"""Books whose recorded times are chosen, kept beside the database in plain lists."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import os
import uuid
from collections.abc import Iterator

import psycopg
import pytest
from django.db import connections
from hypothesis import strategies as st

from accounts.models import Organization
from kernel import clock
from kernel.crypto import fingerprint
from kernel.ids import new_id
from ledger.choices import Axis
from ledger.tests.raw import RawEntry, insert_entries
from tests.database import run
from tests.servers import SUPERUSER_VARIABLE
from tests.world import World


@pytest.fixture(autouse=True, scope="module")
def times_of_our_choice(django_db_setup: None) -> Iterator[None]:
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
HOURS = dt.timedelta(hours=5)
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
    step=st.sampled_from([*STEPS, HOURS]),
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

    def expected(
        self,
        account: uuid.UUID,
        moment: dt.datetime,
        axis: Axis,
        known_at: dt.datetime | None = None,
    ) -> int:
        known = [row for row in self.written if not known_at or row.recorded_at <= known_at]
        entries = [row for row in known if row.account == account]
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
