"""The relay's two connections: it reads as the auditor and writes its place as the application."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections

from kernel.auditor import ALIAS, NoAuditor

# Connections of their own, outside of Django's pool: the lock lives as long as the session.
_ALIVE = {"keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3}


@contextlib.asynccontextmanager
async def connected() -> AsyncIterator[tuple[psycopg.AsyncConnection, psycopg.AsyncConnection]]:
    """Two connections in autocommit: to read every row, and to write the place.

    Row security would keep the planner from the index (its operators may not run before a policy),
    so the rows are read by the role that is under none.

    :raises NoAuditor: if the settings name no auditor.
    :raises psycopg.OperationalError: if PostgreSQL does not answer.
    """
    if ALIAS not in connections:
        raise NoAuditor()
    async with (
        await _connect(ALIAS) as reading,
        await _connect(DEFAULT_DB_ALIAS) as writing,
    ):
        await reading.execute("SET default_transaction_read_only = on")
        yield reading, writing


async def _connect(alias: str) -> psycopg.AsyncConnection:
    given: dict[str, Any] = connections[alias].get_connection_params()
    known = {name: value for name, value in given.items() if name not in _DJANGO_ONLY}
    return await psycopg.AsyncConnection.connect(
        **{**known, **_ALIVE}, autocommit=True, application_name="vaultcraft-relay"
    )


_DJANGO_ONLY = {"cursor_factory", "context", "prepare_threshold", "application_name"}
