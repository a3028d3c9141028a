"""Taking the locks of posting, and the state the books have once we hold them.

Order, everywhere in the program: accounts by ascending id, then the organizations with their books,
then holds by id, then what guards lock.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import functools
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import BigIntegerField, BooleanField, DateTimeField, F, Func, UUIDField, Value
from django.db.models.functions import Greatest

from kernel.errors import InvariantBroken
from kernel.rows import array_literal
from kernel.transactions import needs_transaction
from ledger.models import LedgerAccount


@dataclasses.dataclass(slots=True)
class Standing:
    """An account as it stands after the movements judged so far."""

    id: uuid.UUID
    organization_id: uuid.UUID
    kind: str
    account_class: str
    currency: str
    status: str
    posted_minor: int
    held_minor: int
    floor_minor: int | None
    ceiling_minor: int | None
    version: int


@dataclasses.dataclass(frozen=True, slots=True)
class LockedAccounts:
    """The accounts we hold until the commit.

    :param recorded_at: the database's clock after the locks, never before any account's last entry.
    """

    accounts: dict[uuid.UUID, Standing]
    recorded_at: dt.datetime


@dataclasses.dataclass(frozen=True, slots=True)
class BooksStanding:
    """Whether an organization may move money, and since when its books are open."""

    active: bool
    closed_before: dt.datetime | None


@dataclasses.dataclass(frozen=True, slots=True)
class Standings(LockedAccounts):
    """The accounts of a batch, and the books of the organizations that take part."""

    books: Mapping[uuid.UUID, BooksStanding]


class _ClockTimestamp(Func):
    """The instant itself, where `now()` would give the beginning of the transaction."""

    function = "clock_timestamp"
    output_field = DateTimeField()


class _Microseconds(Func):
    """An instant as a whole number since 1970: a driver reads hundreds of those in no time."""

    template = "(extract(epoch FROM %(expressions)s) * 1000000)::bigint"
    output_field = BigIntegerField()


class _IsAnyOf(Func):
    """`value = ANY (array)`: one parameter, where `IN` has one for each element."""

    template = "%(expressions)s)"
    arg_joiner = " = ANY ("
    output_field = BooleanField()


_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

# An organization is stopped, and a period closed, by changing one of these rows: both wait for the
# movements that read them here, and movements do not wait for each other.
_BOOKS = (
    "SELECT o.id, o.status = 'active', b.closed_before"
    " FROM accounts_organization o JOIN ledger_books b ON b.organization_id = o.id"
    " WHERE o.id = ANY (%s::uuid[]) ORDER BY o.id"
)
_HOLD_BOOKS = f"{_BOOKS} FOR SHARE"


@needs_transaction
def lock_accounts(ids: Iterable[uuid.UUID]) -> LockedAccounts:
    """Lock accounts in ascending order of id, in one statement, and read them under the lock.

    Accounts that do not exist or cannot be seen are missing from the answer.
    """
    with connection.cursor() as cursor:
        cursor.execute(_statement(locking=True), [array_literal(kind="uuid", values=ids)])
        return _read(cursor.fetchall())


@contextlib.contextmanager
def asked_standings(
    *, account_ids: Iterable[uuid.UUID], organization_ids: Iterable[uuid.UUID], locking: bool = True
) -> Iterator[Callable[[], Standings]]:
    """Accounts, then organizations and their books: asked for here, read by calling what it gives.

    What is asked in between travels along, and is answered under the same locks.

    :param locking: False only looks; what is read may change before anybody acts on it.
    """
    with connection.cursor() as first, connection.cursor() as second:
        accounts = array_literal(kind="uuid", values=account_ids)
        first.execute(_statement(locking=locking), [accounts])
        second.execute(_HOLD_BOOKS if locking else _BOOKS, [sorted(organization_ids)])

        def read() -> Standings:
            locked = _read(first.fetchall())
            books = {row[0]: BooksStanding(row[1], row[2]) for row in second.fetchall()}
            return Standings(locked.accounts, locked.recorded_at, books)

        yield read


def take_standings(
    *, account_ids: Iterable[uuid.UUID], organization_ids: Iterable[uuid.UUID]
) -> Standings:
    """Accounts, then organizations and their books, locked and read in one round trip."""
    with asked_standings(account_ids=account_ids, organization_ids=organization_ids) as read:
        return read()


def _read(rows: Iterable[tuple[Any, ...]]) -> LockedAccounts:
    accounts: dict[uuid.UUID, Standing] = {}
    latest = 0
    for *values, earliest in rows:
        account = Standing(*values)
        accounts[account.id] = account
        latest = max(latest, earliest)
    return LockedAccounts(accounts, _EPOCH + dt.timedelta(microseconds=latest))


@functools.cache
def _statement(*, locking: bool) -> str:
    """The lock as Django writes it, compiled once: compiling took longer than executing it.

    Its one parameter is the array of ids, so the text is the same for any number of accounts and
    PostgreSQL prepares it once for a connection.
    """
    wanted = _IsAnyOf(F("id"), Value([], ArrayField(UUIDField())))
    rows = LedgerAccount.objects.filter(wanted).order_by("id")
    if locking:
        rows = rows.select_for_update(no_key=True)
    read = rows.values_list(
        "id",
        "organization_id",
        "kind",
        "account_class",
        "currency_id",
        "status",
        "posted_minor",
        "held_minor",
        "floor_minor",
        "ceiling_minor",
        "version",
        _Microseconds(Greatest("last_recorded_at", _ClockTimestamp())),
    )
    return str(read.query.sql_with_params()[0])


@needs_transaction
def lock_account(account_id: uuid.UUID) -> Standing:
    """Lock one account.

    :raises InvariantBroken: if the caller cannot see it although it holds its id.
    """
    found = lock_accounts([account_id]).accounts.get(account_id)
    if found is None:
        raise InvariantBroken(f"ledger account {account_id} cannot be locked")
    return found
