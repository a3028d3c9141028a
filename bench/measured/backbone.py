"""The relay catching up, and how long a committed event takes to a consumer."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import json
import threading
import time
from collections.abc import Callable

import nats
from nats.aio.client import Client
from nats.js import JetStreamContext

from bench import relays
from bench.connecting import connection_to
from bench.loads import whole_transfer
from bench.measuring import Measurement, Reading, Run
from bench.surroundings import Surroundings
from bench.tenants import World
from kernel.clock import now

_WAITING = 20_000
_CATCHING_UP = 100_000
_ASKED, _ASKED_CAREFUL = 5_000.0, 2_500.0
_RATE, _BATCH = 500, 5
_SETTLING_SECONDS = 1.0


def _relaying(around: Surroundings) -> Run:
    _outbox(around)
    careful = around.cluster.environment["NATS_URL"]
    plain = around.closing.enter_context(relays.careless_broker(around.cluster))

    def rate(broker: str, count: int) -> tuple[float, float]:
        relays.write_waiting(around.cluster, count=count)
        with relays.relay(around.cluster, broker=broker) as (process, namespace):
            seconds = relays.seconds_to_publish(broker=broker, namespace=namespace, count=count)
            return count / seconds, relays.memory_mib(process.pid)

    def run() -> Reading:
        fast, _ = rate(plain, _WAITING)
        sure, _ = rate(careful, _WAITING)
        caught_up, memory = rate(plain, _CATCHING_UP)
        return Reading(
            values={
                "relay": fast,
                "relay_asked": _ASKED,
                "relay_careful": sure,
                "relay_careful_asked": _ASKED_CAREFUL,
                "relay_caught_up": caught_up,
                "relay_memory": memory,
                "relay_memory_allowed": 200.0,
            }
        )

    return run


def _outbox(around: Surroundings) -> None:
    if not around.cluster.has_database(relays.OUTBOX):
        around.cluster.copy_database(relays.OUTBOX)


def _telling(around: Surroundings) -> Run:
    _outbox(around)
    broker = around.cluster.environment["NATS_URL"]
    world = World(around.world.tenants, database=relays.OUTBOX)
    connected = connection_to(relays.OUTBOX)

    def run() -> Reading:
        with relays.relay(around.cluster, broker=broker) as (_, namespace):
            seconds = _SETTLING_SECONDS + 2 * around.plan.seconds
            taken = _Taking(broker, namespace)
            with taken, connected():
                _paced(whole_transfer(world, _BATCH), seconds=seconds)
        latencies = taken.seconds
        ranked = sorted(latencies)
        return Reading(
            values={
                "told_p99": ranked[int(len(ranked) * 0.99)] * 1e3,
                "told_allowed": 100.0,
            },
            latencies={"told": latencies},
        )

    return run


def _paced(step: Callable[[], object], *, seconds: float) -> None:
    """So many steps a second, whether the last one was quick or slow."""
    begun = time.perf_counter()
    count = 0
    while time.perf_counter() - begun < seconds:
        due = begun + count * _BATCH / _RATE
        time.sleep(max(0.0, due - time.perf_counter()))
        step()
        count += 1


class _Taking:
    """A consumer that notes how old each posted transaction is when it comes."""

    def __init__(self, broker: str, namespace: str) -> None:
        self._broker, self._namespace = broker, namespace
        self._done = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._take()))
        self._ready = threading.Event()
        self.seconds: list[float] = []

    def __enter__(self) -> None:
        self._thread.start()
        self._ready.wait(30)

    def __exit__(self, *_: object) -> None:
        time.sleep(0.5)
        self._done.set()
        self._thread.join(30)

    async def _take(self) -> None:
        client = await nats.connect(self._broker)
        reader = await self._reader(client)
        self._ready.set()
        begun = time.perf_counter()
        while not self._done.is_set():
            with contextlib.suppress(nats.errors.TimeoutError):
                for message in await reader.fetch(100, timeout=0.5):
                    await message.ack()
                    if time.perf_counter() - begun > _SETTLING_SECONDS:
                        self._note(json.loads(message.data))
        await client.close()

    async def _reader(self, client: Client) -> JetStreamContext.PullSubscription:
        subject = f"{self._namespace}.events.*.ledger.transaction.posted"
        async with asyncio.timeout(30):
            while True:
                try:
                    return await client.jetstream().pull_subscribe(
                        subject, stream=f"{self._namespace.upper()}_EVENTS"
                    )
                except nats.errors.Error:
                    await asyncio.sleep(0.05)

    def _note(self, told: dict[str, object]) -> None:
        occurred_at = dt.datetime.fromisoformat(str(told["occurred_at"]))
        self.seconds.append((now() - occurred_at).total_seconds())


MEASUREMENTS = (
    Measurement(
        name="relay",
        gives=(
            "relay",
            "relay_asked",
            "relay_careful",
            "relay_careful_asked",
            "relay_caught_up",
            "relay_memory",
            "relay_memory_allowed",
        ),
        prepare=_relaying,
        every=5,
    ),
    Measurement(name="told", gives=("told_p99", "told_allowed"), prepare=_telling, every=2),
)
