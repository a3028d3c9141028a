"""Sealing on the suite's server, where other workers' transactions are always under way.

PostgreSQL tells the oldest running transaction of all databases, so that a seal would wait for
tests of others. Here the line is drawn by what runs in this database alone.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from django.db import connections

_LINE = """
CREATE OR REPLACE FUNCTION audit_line() RETURNS xid8 LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$ SELECT {} $$
"""
_EVERYWHERE = "pg_snapshot_xmin(pg_current_snapshot())"
_HERE = """(
    SELECT coalesce(min(a.backend_xid::text::xid8), pg_snapshot_xmax(pg_current_snapshot()))
    FROM pg_stat_activity a WHERE a.datname = current_database() AND a.pid <> pg_backend_pid()
)"""


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Nothing that runs in other databases holds a seal back."""
    _draw(_HERE)
    try:
        yield
    finally:
        _draw(_EVERYWHERE)


def _draw(line: str) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(_LINE.format(line))
