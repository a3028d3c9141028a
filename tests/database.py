"""Talking to the database by hand, as the application role, and naming what it refuses."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import Organization
from kernel.context import Context, Scope, reading_as

FORBIDDEN = "42501"  # insufficient_privilege: row security and missing grants alike


def view(*organizations: Organization, scope: str = "") -> None:
    """What the rest of this transaction may see."""
    listed = ",".join(str(organization.id) for organization in organizations)
    run(
        "SELECT set_config('vaultcraft.organizations', %s, true),"
        " set_config('vaultcraft.scope', %s, true)",
        f"{{{listed}}}",
        scope,
    )


@contextlib.contextmanager
def all_seeing() -> Iterator[None]:
    """The test looks at tenants' rows with the platform's eyes, outside of any request."""
    with reading_as(Context(scope=Scope.PLATFORM)):
        yield


@contextlib.contextmanager
def rolled_back() -> Iterator[None]:
    """A transaction as Django's test cases have one: use cases run inside, and all is undone."""
    block = transaction.atomic()
    block._from_testcase = True  # type: ignore[attr-defined]
    with block:
        try:
            yield
        finally:
            transaction.set_rollback(True)


def run(statement: str, *values: Any) -> int:
    """Run one statement; the number of rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.rowcount


def rows(statement: str, *values: Any) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def written() -> int:
    """How many rows this transaction has written so far. What was undone counts: it only grows."""
    ((number,),) = rows(
        "SELECT sum(pg_stat_get_xact_tuples_inserted(oid) + pg_stat_get_xact_tuples_updated(oid)"
        " + pg_stat_get_xact_tuples_deleted(oid))::bigint FROM pg_class"
        " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    )
    return int(number)


@contextlib.contextmanager
def refused_by(rule: str) -> Iterator[None]:
    """The database refuses the block by the rule of this name."""
    with pytest.raises(DatabaseError) as refused:
        yield
    assert rule_of(refused.value) == rule, str(refused.value)


def refuses(rule: str, statement: str, *values: object) -> None:
    """The database refuses the statement by the rule of this name, and goes on."""
    with refused_by(rule), transaction.atomic():
        run(statement, *values)


def rule_of(error: DatabaseError) -> str | None:
    """The name of the broken rule, or the SQLSTATE where PostgreSQL names none."""
    cause = error.__cause__
    assert isinstance(cause, psycopg.Error)
    return cause.diag.constraint_name or cause.sqlstate


def statements() -> CaptureQueriesContext:
    """Record the statements of a block."""
    return CaptureQueriesContext(connection)


def work(statements: CaptureQueriesContext) -> list[str]:
    """The verbs of the statements, without those that only set the view or mark a savepoint."""
    texts = (query["sql"] for query in statements.captured_queries)
    verbs = ("SAVEPOINT", "RELEASE")
    return [t.split()[0] for t in texts if not t.startswith(verbs) and "vaultcraft.scope" not in t]
