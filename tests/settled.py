"""Sealing on the suite's server, where other workers' transactions are always under way.

PostgreSQL tells the oldest running transaction of all databases, so that a seal would wait for
tests of others. Here the line is drawn by what runs in this database alone.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from audit.services import sealing

_HERE = """(
    SELECT coalesce(min(a.backend_xid::text::xid8), pg_snapshot_xmax(pg_current_snapshot()))
    FROM pg_stat_activity a WHERE a.datname = current_database() AND a.pid <> pg_backend_pid()
)"""


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Nothing that runs in other databases holds a seal back."""
    assert sealing.LINE in sealing._END
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sealing, "_END", sealing._END.replace(sealing.LINE, _HERE))
        yield
