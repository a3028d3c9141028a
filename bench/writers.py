"""Writer processes of the product: each has Django, and a database connection for each thread."""

from __future__ import annotations

import cProfile
import dataclasses
import functools
import io
import multiprocessing
import pstats
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext, suppress
from multiprocessing.connection import Connection

from bench.tenants import World

# Time for every process to hear of the order before the common start.
_HEAD_START_SECONDS = 0.05
_PROFILE_LINES = 45

# Performs one step and returns how many of its items were committed and how many refused.
Step = Callable[[], tuple[int, int]]


@dataclasses.dataclass(frozen=True)
class Order:
    """One short run: a load, its batch size, how long, when it starts on the common clock."""

    load: str
    batch: int
    seconds: float
    start_at: float
    threads: int = 1
    profile: bool = False
    database: str | None = None


@dataclasses.dataclass(frozen=True)
class Tally:
    """What one writer did. Refused and replayed items are counted apart."""

    committed: int
    refused: int
    seconds: float
    profile: str = ""


class Writers:
    """A row of processes, started once and given orders."""

    def __init__(self, *, count: int, world: World) -> None:
        context = multiprocessing.get_context("spawn")
        self._lines: list[Connection] = []
        self._processes = []
        for _ in range(count):
            ours, theirs = context.Pipe()
            process = context.Process(target=serve, args=(theirs, world), daemon=True)
            process.start()
            theirs.close()
            self._lines.append(ours)
            self._processes.append(process)

    def run(
        self,
        load: str,
        *,
        writers: int,
        batch: int,
        seconds: float,
        threads: int = 1,
        profile: bool = False,
        database: str | None = None,
    ) -> list[Tally]:
        """Let the first `writers` processes work side by side, each with so many threads.

        :param database: another one than the product's, for one thread.
        """
        start_at = time.monotonic() + _HEAD_START_SECONDS
        order = Order(load, batch, seconds, start_at, threads, profile, database)
        chosen = self._lines[:writers]
        for line in chosen:
            line.send(order)
        answers = [line.recv() for line in chosen]
        for answer in answers:
            if isinstance(answer, str):
                raise RuntimeError(f"a writer failed: {answer}")
        return answers

    def close(self) -> None:
        """Send everybody home."""
        for line, process in zip(self._lines, self._processes, strict=True):
            with suppress(OSError):
                line.send(None)
            process.join(timeout=5)


def serve(line: Connection, world: World) -> None:
    """Take orders until there are no more. Runs in the writer's process."""
    import django

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    django.setup()
    with suppress(EOFError):
        while (order := line.recv()) is not None:
            try:
                line.send(_carried_out(order, world))
            except Exception as error:  # noqa: BLE001 - told to the parent, which raises
                line.send(repr(error))


def _carried_out(order: Order, world: World) -> Tally:
    from bench.loads import LOADS

    step = LOADS[order.load](world, order.batch)
    profiler = cProfile.Profile() if order.profile else None
    time.sleep(max(0.0, order.start_at - time.monotonic()))
    started = time.monotonic()
    with _database(order.database), profiler or nullcontext():
        counts = _repeated(step, order)
    seconds = time.monotonic() - started
    committed, refused = (sum(column) for column in zip(*counts, strict=True))
    return Tally(committed, refused, seconds, _told(profiler) if profiler else "")


@functools.cache
def _connected(database: str) -> Callable[[], AbstractContextManager[None]]:
    """A connection is kept from one order to the next."""
    from bench.connecting import connection_to

    return connection_to(database)


def _database(name: str | None) -> AbstractContextManager[None]:
    return _connected(name)() if name else nullcontext()


def _repeated(step: Step, order: Order) -> list[tuple[int, int]]:
    """What each thread got done."""
    end = time.monotonic() + order.seconds
    if order.threads == 1:
        return [_loop(step, end)]
    with ThreadPoolExecutor(order.threads) as pool:
        done = [pool.submit(_thread, step, end) for _ in range(order.threads)]
    return [one.result() for one in done]


def _thread(step: Step, end: float) -> tuple[int, int]:
    from django.db import connection

    try:
        return _loop(step, end)
    finally:
        connection.close()


def _loop(step: Step, end: float) -> tuple[int, int]:
    committed = refused = 0
    while time.monotonic() < end:
        done, not_done = step()
        committed += done
        refused += not_done
    return committed, refused


def _told(profiler: cProfile.Profile) -> str:
    text = io.StringIO()
    statistics = pstats.Stats(profiler, stream=text)
    statistics.sort_stats("tottime").print_stats(_PROFILE_LINES)
    statistics.sort_stats("cumulative").print_stats(_PROFILE_LINES)
    return text.getvalue()
