"""One moment of the database, seen whole: by the auditor, who is not under row security."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import psycopg
from django.db import connections
from psycopg import sql

from kernel.errors import Kind, VaultCraftError

ALIAS = "auditor"
# For the rest of the transaction only. Sorts and joins over all entries belong in memory, and two
# processes more make them faster; the big tables are in the order in which they are asked for.
_SETTINGS = (
    "SET LOCAL work_mem = '256MB'",
    "SET LOCAL jit = off",
    "SET LOCAL timezone = 'UTC'",
)


class NoAuditor(VaultCraftError):
    """The settings name no auditor role, so nobody could see every row."""

    kind = Kind.UNAVAILABLE
    code = "no_auditor"
    title = "DATABASE_AUDITOR_URL is not set"


@contextlib.contextmanager
def auditor_snapshot(
    *, url: str | None = None, exported: str | None = None
) -> Iterator[psycopg.Connection]:
    """A REPEATABLE READ, READ ONLY transaction of the auditor on a connection of its own.

    It locks no row and waits for none; nothing written meanwhile is seen.

    :param url: leads to the database as the auditor; the settings' auditor when None.
    :param exported: the snapshot of another transaction to read in, from `pg_export_snapshot()`.
    :raises NoAuditor: if there is none.
    """
    with _connected(url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        if exported is not None:
            connection.execute(sql.SQL("SET TRANSACTION SNAPSHOT {}").format(exported))
        for setting in _SETTINGS:
            connection.execute(setting)
        yield connection


def _connected(url: str | None) -> psycopg.Connection:
    if url is not None:
        return psycopg.connect(url)
    if ALIAS not in connections:
        raise NoAuditor()
    parameters = connections[ALIAS].get_connection_params()
    return psycopg.connect(**{**parameters, "cursor_factory": psycopg.Cursor, "autocommit": False})
