"""Real threads on a database of their own. Every thread closes its connections."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connection, connections, transaction

from kernel.errors import Busy
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


def until_not_busy(call: Callable[[], R]) -> R:
    """What a well-behaved client does with a retryable refusal."""
    for _ in range(20):
        try:
            return call()
        except Busy:
            time.sleep(0.05)
    return call()


class Running:
    """A call on its way in a thread of its own; `answer` waits for it."""

    def __init__(self, call: Callable[[], object]) -> None:
        self.pool = ThreadPoolExecutor(1)
        self.future = self.pool.submit(self._run, call)

    def answer(self) -> object:
        try:
            return self.future.result(timeout=60)
        finally:
            self.pool.shutdown()

    def _run(self, call: Callable[[], object]) -> object:
        try:
            return call()
        finally:
            connections.close_all()


class Held:
    """Hold account locks from a session of the test's own, as another request would."""

    def __init__(self, world: World, *account_ids: object) -> None:
        self.view = reading_and_writing(world)
        self.ids = [str(account_id) for account_id in account_ids]

    def __enter__(self) -> None:
        self.view.__enter__()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id FROM ledger_ledgeraccount WHERE id = ANY (%s::uuid[])"
                " ORDER BY id FOR NO KEY UPDATE",
                [self.ids],
            )

    def __exit__(self, *error: object) -> None:
        self.view.__exit__(None, None, None)


def reading_and_writing(world: World) -> transaction.Atomic:
    """A transaction that sees every organization."""
    raise NotImplementedError
