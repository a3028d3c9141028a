"""Taking the account locks, and the state the accounts have once we hold them."""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import uuid
from collections.abc import Iterable

from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import BooleanField, DateTimeField, F, Func, UUIDField, Value
from django.db.models.functions import Greatest

from kernel.errors import InvariantBroken
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


class _ClockTimestamp(Func):
    """The instant itself, where `now()` would give the beginning of the transaction."""

    function = "clock_timestamp"
    output_field = DateTimeField()


class _IsAnyOf(Func):
    """`value = ANY (array)`: one parameter, where `IN` has one for each element."""

    template = "%(expressions)s)"
    arg_joiner = " = ANY ("
    output_field = BooleanField()


@needs_transaction
def lock_accounts(ids: Iterable[uuid.UUID]) -> LockedAccounts:
    """Lock accounts in ascending order of id, in one statement, and read them under the lock.

    Accounts that do not exist or cannot be seen are missing from the answer.
    """
    accounts: dict[uuid.UUID, Standing] = {}
    recorded_at = dt.datetime.min.replace(tzinfo=dt.UTC)
    with connection.cursor() as cursor:
        cursor.execute(_statement(), [sorted(ids)])
        for *values, earliest in cursor.fetchall():
            accounts[values[0]] = Standing(*values)
            recorded_at = max(recorded_at, earliest)
    return LockedAccounts(accounts, recorded_at)


@functools.cache
def _statement() -> str:
    """The lock as Django writes it, compiled once: compiling took longer than executing it.

    Its one parameter is the array of ids, so the text is the same for any number of accounts and
    PostgreSQL prepares it once for a connection.
    """
    wanted = _IsAnyOf(F("id"), Value([], ArrayField(UUIDField())))
    rows = (
        LedgerAccount.objects.filter(wanted)
        .order_by("id")
        .select_for_update(no_key=True)
        .values_list(
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
            Greatest("last_recorded_at", _ClockTimestamp()),
        )
    )
    return str(rows.query.sql_with_params()[0])


@needs_transaction
def lock_account(account_id: uuid.UUID) -> Standing:
    """Lock one account.

    :raises InvariantBroken: if the caller cannot see it although it holds its id.
    """
    found = lock_accounts([account_id]).accounts.get(account_id)
    if found is None:
        raise InvariantBroken(f"ledger account {account_id} cannot be locked")
    return found
