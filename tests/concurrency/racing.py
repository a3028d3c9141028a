"""Real threads on a database of their own. Every thread closes its connections."""

from __future__ import annotations

import contextlib
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from django.db import connection, connections, transaction

from kernel.context import Context, Scope, entered
from kernel.errors import Busy
from ledger.checker import registered, verify_books
from tests.world import World

R = TypeVar("R")

# One database server serves both workers of the suite; it takes 200 connections.
THREADS = 50


def race(calls: Sequence[Callable[[], R]]) -> list[R]:
    """Run the calls at once, one thread each, and give their answers in order."""
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], R]) -> R:
        try:
            start.wait(timeout=60)
            return call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [answer.result(timeout=120) for answer in [pool.submit(run, c) for c in calls]]


def start(call: Callable[[], R]) -> Future[R]:
    """Begin a call in a thread of its own."""

    def run() -> R:
        try:
            return call()
        finally:
            connections.close_all()

    pool = ThreadPoolExecutor(1)
    answer = pool.submit(run)
    pool.shutdown(wait=False)
    return answer


def until_not_busy(call: Callable[[], R]) -> R:
    """What a well-behaved client does with a retryable refusal."""
    for _ in range(20):
        try:
            return call()
        except Busy:
            time.sleep(0.05)
    return call()


@contextlib.contextmanager
def holding(*account_ids: uuid.UUID) -> Iterator[None]:
    """Hold account locks in a transaction of this thread, as another request would."""
    with transaction.atomic(), entered(Context(scope=Scope.PLATFORM)):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id FROM ledger_ledgeraccount WHERE id = ANY (%s::uuid[])"
                " ORDER BY id FOR NO KEY UPDATE",
                [list(account_ids)],
            )
        yield


def wait_for_waiters(number: int, *, unless: Callable[[], bool] = bool) -> list[int]:
    """Wait until so many sessions of this database wait for a lock; give their process ids."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with connections["owner"].cursor() as cursor:
            cursor.execute(
                "SELECT DISTINCT l.pid FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid"
                " WHERE NOT l.granted AND a.datname = current_database()"
            )
            waiting = [pid for (pid,) in cursor.fetchall()]
        if len(waiting) >= number or unless():
            return waiting
        time.sleep(0.02)
    raise AssertionError(f"{number} sessions should be waiting for a lock")


def assert_books_are_sound(world: World, *, by_transfer: bool = True) -> None:
    """The checker, reading as the auditor, finds nothing; Acme's books are among what it reads.

    :param by_transfer: whether the movements have transfers; not where a test posts them itself.
    """
    asked = {one.name for one in registered()} - (set() if by_transfer else {"by_transfer"})
    report = verify_books(names=asked)
    assert [str(finding) for one in report.passes for finding in one.findings] == []
    assert report.visited, world.acme
