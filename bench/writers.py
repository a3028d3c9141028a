"""Writer processes of the product: each has Django and one database connection of its own."""

from __future__ import annotations

import cProfile
import dataclasses
import io
import multiprocessing
import pstats
import signal
import time
from contextlib import nullcontext, suppress
from multiprocessing.connection import Connection

from bench.tenants import World

# Time for every process to hear of the order before the common start.
_HEAD_START_SECONDS = 0.05
_PROFILE_LINES = 45


@dataclasses.dataclass(frozen=True)
class Order:
    """One short run: a load, its batch size, how long, when it starts on the common clock."""

    load: str
    batch: int
    seconds: float
    start_at: float
    profile: bool = False


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
        self, load: str, *, writers: int, batch: int, seconds: float, profile: bool = False
    ) -> list[Tally]:
        """Let the first `writers` processes work side by side."""
        start_at = time.monotonic() + _HEAD_START_SECONDS
        order = Order(load, batch, seconds, start_at, profile)
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
    committed = refused = 0
    started = time.monotonic()
    with profiler or nullcontext():
        while time.monotonic() - started < order.seconds:
            done, not_done = step()
            committed += done
            refused += not_done
    seconds = time.monotonic() - started
    return Tally(committed, refused, seconds, _told(profiler) if profiler else "")


def _told(profiler: cProfile.Profile) -> str:
    text = io.StringIO()
    statistics = pstats.Stats(profiler, stream=text)
    statistics.sort_stats("tottime").print_stats(_PROFILE_LINES)
    statistics.sort_stats("cumulative").print_stats(_PROFILE_LINES)
    return text.getvalue()
