"""One process that takes turns between variants of a step, and says what a step of each costs.

Step by step, not run by run: a slow moment of the machine then hits every variant alike, and
differences of a few microseconds a transfer can be seen. A variant may work on another database of
the same server, and may leave a part of the product out; both exist here only.
"""

from __future__ import annotations

import collections
import dataclasses
import multiprocessing
import random
import signal
import statistics
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection

from bench.connecting import connection_to
from bench.tenants import World
from bench.writers import Step


@dataclasses.dataclass(frozen=True, kw_only=True)
class Variant:
    """One way to do a step.

    :param load: the name of a load of `bench.loads`, a read of `bench.reads` or a look of
        `bench.recognizing`.
    :param world: whom it works with, in which database.
    :param without: the part that is left out, of `bench.parts`.
    :param subject: what a read is about, as text.
    """

    name: str
    load: str
    world: World
    batch: int = 1
    without: str | None = None
    subject: str = ""


@dataclasses.dataclass(frozen=True)
class Costs:
    """Median seconds of a step, by variant, and how many items were not committed."""

    seconds: Mapping[str, float]
    not_committed: int


class Interleaver:
    """The process; variants are made ready once and then run by name."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._line, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()

    def add(self, variants: Sequence[Variant]) -> None:
        """Make variants ready."""
        self._ask(tuple(variants))

    def run(self, names: Sequence[str], *, seconds: float) -> Costs:
        """Let the named variants take turns for so long."""
        answer = self._ask((tuple(names), seconds))
        assert isinstance(answer, Costs)
        return answer

    def close(self) -> None:
        """Let the process end."""
        with suppress(OSError):
            self._line.send(None)
        self._process.join(timeout=5)

    def _ask(self, order: object) -> object:
        self._line.send(order)
        answer = self._line.recv()
        if isinstance(answer, str):
            raise RuntimeError(f"the interleaved variants failed: {answer}")
        return answer


def serve(line: Connection) -> None:
    """Take orders until there are no more. Runs in the process of its own."""
    import django

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    django.setup()
    steps: dict[str, Step] = {}
    with suppress(EOFError):
        while (order := line.recv()) is not None:
            try:
                line.send(_carried_out(order, steps))
            except Exception as error:  # noqa: BLE001 - told to the parent, which raises
                line.send(repr(error))


def _carried_out(order: tuple[object, ...], steps: dict[str, Step]) -> Costs | None:
    if isinstance(order[0], Variant):
        steps.update((one.name, _step_of(one)) for one in order if isinstance(one, Variant))
        return None
    names, seconds = order
    assert isinstance(names, tuple)
    assert isinstance(seconds, float)
    return _turns({name: steps[name] for name in names}, seconds)


def _turns(steps: Mapping[str, Step], seconds: float) -> Costs:
    taken: dict[str, list[float]] = collections.defaultdict(list)
    not_committed = 0
    order = list(steps)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        random.shuffle(order)
        for name in order:
            started = time.perf_counter()
            not_committed += steps[name]()[1]
            taken[name].append(time.perf_counter() - started)
    return Costs({name: statistics.median(times) for name, times in taken.items()}, not_committed)


def _step_of(variant: Variant) -> Step:
    from bench.loads import LOADS
    from bench.parts import without
    from bench.reads import READS
    from bench.recognizing import LOOK_UPS

    connected = connection_to(variant.world.database)
    with connected():
        if variant.load in READS:
            plain = READS[variant.load](variant.world, variant.subject)
        elif variant.load in LOOK_UPS:
            plain = LOOK_UPS[variant.load](variant.world)
        else:
            plain = LOADS[variant.load](variant.world, variant.batch)

    def step() -> tuple[int, int]:
        with connected(), without(variant.without):
            return plain()

    return step
