"""Short runs of everything, in turns, so that a slow moment of the machine hits all alike."""

from __future__ import annotations

import collections
import contextlib
import dataclasses
from collections.abc import Callable, Mapping, Sequence

from bench.surroundings import Surroundings


@dataclasses.dataclass(frozen=True, kw_only=True)
class Reading:
    """What one short run found.

    :param values: by name; a run may measure several things side by side.
    :param latencies: seconds of single requests, by name.
    :param not_committed: what was refused, replayed or failed although it should not have been.
    """

    values: Mapping[str, float]
    latencies: Mapping[str, Sequence[float]] = dataclasses.field(default_factory=dict)
    not_committed: int = 0


Run = Callable[[], Reading]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Measurement:
    """Something that can be measured, and the names of the values it gives.

    :param prepare: makes ready, once, and returns the short run.
    :param every: measured in the first round and every so many rounds after it.
    """

    name: str
    gives: tuple[str, ...]
    prepare: Callable[[Surroundings], Run]
    every: int = 1


class Bench:
    """Measures, and keeps all that was found."""

    def __init__(self, *, surroundings: Surroundings) -> None:
        self._surroundings = surroundings
        self.values: dict[str, list[float]] = collections.defaultdict(list)
        self.latencies: dict[str, list[float]] = collections.defaultdict(list)
        self.not_committed: collections.Counter[str] = collections.Counter()

    def measure(self, measurements: Sequence[Measurement]) -> None:
        """Prepare, warm up, and run the measurements in turns."""
        say = self._surroundings.say
        with contextlib.closing(self._surroundings):
            runs = {one.name: one.prepare(self._surroundings) for one in measurements}
            say("warming up ...")
            for run in runs.values():
                run()
            for number in range(self._surroundings.plan.rounds):
                told = [
                    self._told(one.name, runs[one.name]())
                    for one in measurements
                    if number % one.every == 0
                ]
                say(f"round {number + 1}: {', '.join(told)}")

    def _told(self, name: str, reading: Reading) -> str:
        for value_name, value in reading.values.items():
            self.values[value_name].append(value)
        for series, times in reading.latencies.items():
            self.latencies[series].extend(times)
        self.not_committed[name] += reading.not_committed
        return ", ".join(f"{name} {value:,.4g}" for name, value in reading.values.items())
