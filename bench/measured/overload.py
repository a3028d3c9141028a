"""Open loops over HTTP: at a comfortable rate, and at twice what the server can sustain.

The sustainable rate is what 64 clients in a closed loop, as many as there are threads, get just
before.
"""

from __future__ import annotations

from bench.measured.http import closed_loop
from bench.measuring import Measurement, Reading, Run
from bench.surroundings import Surroundings
from bench.web import orders
from bench.web.arrivals import Arrivals, Told

_COMFORTABLE = 0.5
_OVERLOAD = 2.0
_CLIENTS = 64
_SHARE = 1.5
# The beginning of an overload still fills the queue; what counts is how it goes on.
_SETTLING_SECONDS = 0.5


def _prepared(around: Surroundings) -> Run:
    requests = orders.singles(around.world, orders.SINGLE)
    seconds = around.plan.seconds * _SHARE

    def capacity() -> float:
        reading = closed_loop(
            around, requests, name="capacity", clients=_CLIENTS, seconds=around.plan.seconds
        )
        return reading.values["capacity"]

    def arrive(rate: float) -> tuple[list[Told], int]:
        arrivals = Arrivals(port=around.web.port, rate=rate, seconds=seconds)
        return arrivals.run(requests), arrivals.lost

    def run() -> Reading:
        sustainable = capacity()
        calm, calm_lost = arrive(_COMFORTABLE * sustainable)
        told, lost = arrive(_OVERLOAD * sustainable)
        done = [one for one in told if one.status == 201]
        turned_away = [one for one in told if one.status == 503 and one.retry_after]
        window = [one for one in done if _SETTLING_SECONDS <= one.came < seconds]
        calm_done = [one.seconds for one in calm if one.status == 201]
        strange = len(told) - len(done) - len(turned_away) + lost
        return Reading(
            values={
                "capacity": sustainable,
                "goodput": len(window) / (seconds - _SETTLING_SECONDS),
                "turned_away": len(turned_away) / seconds,
                "open_loop": len(calm_done) / seconds,
            },
            latencies={
                "open_loop": calm_done,
                "goodput": [one.seconds for one in done],
                "turned_away": [one.seconds for one in turned_away],
            },
            not_committed=strange + len(calm) - len(calm_done) + calm_lost,
        )

    return run


MEASUREMENTS = (
    Measurement(
        name="arrivals",
        gives=("capacity", "goodput", "turned_away", "open_loop"),
        prepare=_prepared,
    ),
)
