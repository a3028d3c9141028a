"""The product's own WSGI application, in a process that can be made to die at named points.

gunicorn loads this in place of `vaultcraft.wsgi`. The product is not changed for it: the points are
hung around its functions and statements from outside, and one that has moved stops the start.
"""

from __future__ import annotations

from vaultcraft.wsgi import application  # first: it sets Django up

# isort: split
import datetime as dt
import functools
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

from api.idempotency import guards
from tests.torture import points, processes
from tests.torture.points import Point, Victim

__all__ = ["application"]

# What the text of a statement says about where a request stands once it was executed.
_STATEMENTS = {
    "INSERT INTO ledger_transaction ": Point.TRANSACTIONS_WRITTEN,
    "INSERT INTO ledger_entry ": Point.ENTRIES_WRITTEN,
    "INSERT INTO ledger_hold ": Point.HOLDS_CHANGED,
    "UPDATE ledger_hold ": Point.HOLDS_CHANGED,
    "INSERT INTO wallets_spendingusage ": Point.LIMITS_COUNTED,
    "INSERT INTO wallets_transfer ": Point.TRANSFERS_WRITTEN,
    "INSERT INTO events_outboxevent ": Point.EVENTS_WRITTEN,
}
_LOCKS = ("ledger_ledgeraccount", "FOR NO KEY UPDATE")

Real = Callable[..., Any]

_directory = Path(os.environ[points.DIRECTORY_VARIABLE])
_cluster = Path(settings.VAULTCRAFT_DATA_DIR) / "postgres"
_thread = threading.local()


def _pass(point: Point) -> None:
    """Come by a point; whoever is to die here dies, for certain and at once."""
    death = points.take(_directory, point)
    if death is None:
        return
    try:
        _let_statements_arrive()
    except BaseException:
        points.give_back(_directory, point)
        raise
    _kill(point, death.victim, backend=_backend())


def _let_statements_arrive() -> None:
    """Wait for what the pipeline still holds back, so that the point is where its name says."""
    pipeline = getattr(connection.connection, "_pipeline", None)
    if pipeline is not None:
        pipeline.sync()


def _backend() -> int | None:
    """The process that serves this thread's database connection."""
    own = connection.connection
    return None if own is None or own.closed else int(own.info.backend_pid)


def _kill(point: Point, victim: Victim, *, backend: int | None) -> None:
    points.meet(_directory, point)
    if victim is Victim.WORKER:
        os.kill(os.getpid(), signal.SIGKILL)
    elif victim is Victim.BACKEND:
        processes.kill([backend] if backend else [])
    else:
        postmaster = processes.postmaster_pid(_cluster)
        whole = victim is Victim.POSTGRES
        others = processes.children_of(postmaster) if postmaster and whole else []
        processes.kill([*([postmaster] if postmaster else []), *others])


def _hang_after(owner: Any, name: str, point: Point) -> None:
    """Put a point behind a function."""

    def passing(real: Real, *args: Any, **kwargs: Any) -> Any:
        result = real(*args, **kwargs)
        _pass(point)
        return result

    _hang(owner, name, passing)


def _hang_before(owner: Any, name: str, point: Point) -> None:
    """Put a point before a function."""

    def passing(real: Real, *args: Any, **kwargs: Any) -> Any:
        _pass(point)
        return real(*args, **kwargs)

    _hang(owner, name, passing)


def _hang(owner: Any, name: str, passing: Callable[..., Any]) -> None:
    """Replace a function by one that gets the real one, and then its arguments."""
    real: Real = getattr(owner, name)

    @functools.wraps(real)
    def hung(*args: Any, **kwargs: Any) -> Any:
        return passing(real, *args, **kwargs)

    setattr(owner, name, hung)


def _executing(real: Real, cursor: CursorWrapper, sql: Any, params: Any = None) -> Any:
    """Points behind the statements of a posting."""
    result = real(cursor, sql, params)
    point = _point_behind(str(sql))
    if point is not None:
        _thread.posting = True
        _pass(point)
    return result


def _point_behind(statement: str) -> Point | None:
    for start, point in _STATEMENTS.items():
        if statement.startswith(start):
            return point
    return Point.LOCKED if all(word in statement for word in _LOCKS) else None


def _committing(real: Real, wrapper: BaseDatabaseWrapper) -> Any:
    """Points around the commit of a transaction that posted."""
    posting, _thread.posting = getattr(_thread, "posting", False), False
    if not posting:
        return real(wrapper)
    _pass(Point.BEFORE_COMMIT)
    _strike_soon()
    result = real(wrapper)
    _pass(Point.AFTER_COMMIT)
    return result


def _rolling_back(real: Real, wrapper: BaseDatabaseWrapper) -> Any:
    """What was rolled back leaves nothing for the next commit of its thread."""
    _thread.posting = False
    return real(wrapper)


def _strike_soon() -> None:
    """Let the death of `DURING_COMMIT` race with the commit that is about to be sent."""
    death = points.take(_directory, Point.DURING_COMMIT)
    if death is not None:
        backend = _backend()
        strike = functools.partial(_kill, Point.DURING_COMMIT, death.victim, backend=backend)
        threading.Timer(death.delay_seconds, strike).start()


guards.LEASE = dt.timedelta(seconds=float(os.environ[points.LEASE_VARIABLE]))
_hang_after(guards, "claimed", Point.GUARD_TAKEN)
_hang_before(guards, "answered", Point.BEFORE_ANSWER_KEPT)
_hang_after(guards, "answered", Point.ANSWER_KEPT)
_hang(CursorWrapper, "execute", _executing)
_hang(BaseDatabaseWrapper, "_commit", _committing)
_hang(BaseDatabaseWrapper, "_rollback", _rolling_back)
