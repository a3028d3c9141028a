"""Clients over HTTP in a closed loop, against the product's server as `make up` starts it."""

from __future__ import annotations

import functools

from bench.measured.writing import BATCH
from bench.measuring import Measurement, Reading, Run
from bench.surroundings import Surroundings
from bench.web import orders
from bench.web.client import Counter, Loop, Requests

CLIENTS = 32
# Clients of the line about group commit; 32 are measured in any case.
GROUPS = (1, 8, 32, 64)
_EVERY = 2  # rounds; the lines about group commit are many and have no mark
_SOME = 0.75  # times the plan's seconds, for the same reason


def closed_loop(
    around: Surroundings,
    requests: Requests,
    *,
    name: str,
    clients: int,
    status: int = 201,
    counted: Counter = orders.one,
    seconds: float,
    port: int | None = None,
) -> Reading:
    """Let so many clients send one request after the other."""
    # New connections each time: gunicorn closes idle ones, and spreads new ones.
    loop = Loop(port=port or around.web.port, clients=clients)
    try:
        answers = loop.run(requests, status=status, counted=counted, seconds=seconds)
    finally:
        loop.close()
    if answers.other:
        around.say(f"{name}: {answers.other} other answers, the first: {answers.first_other}")
    return Reading(
        values={name: answers.committed / answers.seconds},
        latencies={name: answers.latencies},
        not_committed=answers.other,
    )


def _singles(around: Surroundings, *, name: str, path: str, clients: int, share: float) -> Run:
    requests = orders.singles(around.world, path)
    seconds = around.plan.seconds * share
    return functools.partial(
        closed_loop, around, requests, name=name, clients=clients, seconds=seconds
    )


def _open(around: Surroundings) -> Run:
    """One transfer a request where every row is shown to everybody."""
    return functools.partial(
        closed_loop,
        around,
        orders.singles(around.world, orders.SINGLE),
        name="http_open",
        clients=CLIENTS,
        seconds=around.plan.seconds,
        port=around.open_web.port,
    )


def _bulk(around: Surroundings) -> Run:
    return functools.partial(
        closed_loop,
        around,
        orders.batches(around.world, BATCH),
        name="http_bulk",
        clients=around.plan.bulk_clients,
        status=200,
        counted=orders.completed,
        seconds=around.plan.seconds,
    )


def _single(
    name: str, path: str, *, clients: int = CLIENTS, share: float = 1.0, every: int = 1
) -> Measurement:
    prepare = functools.partial(_singles, name=name, path=path, clients=clients, share=share)
    return Measurement(name=name, gives=(name,), prepare=prepare, every=every)


# Prepared first: its copy of the database cannot be made once somebody is connected to it.
OPEN = (Measurement(name="http_open", gives=("http_open",), prepare=_open),)
MEASUREMENTS = (
    _single("http_empty", orders.EMPTY),
    _single(f"http_{CLIENTS}", orders.SINGLE),
    _single("http_unguarded", orders.UNGUARDED),
    Measurement(name="http_bulk", gives=("http_bulk",), prepare=_bulk),
    *(
        _single(f"http_{clients}", orders.SINGLE, clients=clients, share=_SOME, every=_EVERY)
        for clients in GROUPS
        if clients != CLIENTS
    ),
    *(
        _single(f"alone_{clients}", orders.ALONE, clients=clients, share=_SOME, every=_EVERY)
        for clients in GROUPS
    ),
)
