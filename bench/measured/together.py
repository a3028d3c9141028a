"""Group commit without HTTP: eight writers who each ask for one transfer after the other.

Four threads in each of two processes, as many processes as the web server has: inside a process
requests are committed together, between processes they wait for each other's locks.
"""

from __future__ import annotations

import functools

from bench.measured.writing import read_tallies
from bench.measuring import Measurement, Reading, Run
from bench.surroundings import Surroundings

PROCESSES, THREADS = 2, 4


def _prepared(around: Surroundings, *, load: str) -> Run:
    def run() -> Reading:
        tallies = around.writers.run(
            load,
            writers=PROCESSES,
            threads=THREADS,
            batch=1,
            seconds=around.plan.seconds,
            profile=around.plan.profile,
        )
        return read_tallies(around, load, tallies)

    return run


MEASUREMENTS = tuple(
    Measurement(name=load, gives=(load,), prepare=functools.partial(_prepared, load=load))
    for load in ("together", "together_hot", "together_across", "together_pair")
)
