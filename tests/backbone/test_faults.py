"""Whatever dies, nothing is lost, nothing is there twice, and each key keeps its order."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import threading
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence

import nats
import psycopg
import pytest
from django.conf import settings
from django.db import connections
from nats.js import JetStreamContext

from events.broker import Broker, End
from events.broker.choosing import open_jetstream
from events.broker.jetstream import connect
from events.message import OutboxRow
from events.relay import carrying
from events.relay.carrying import Relay
from events.streams import EVENTS
from tests.backbone.brokers import OwnBroker, own_broker
from tests.backbone.cluster import OwnCluster, own_cluster
from tests.backbone.scenes import messages, namespace, relaying, session, write
from tests.servers import SUPERUSER_VARIABLE

KEYS, EACH = 5, 60
ALL = KEYS * EACH


def _write_as(key: int, *, seed: int) -> None:
    """Each event under the key's lock, some transactions long, some undone, as at a posting."""
    rng = random.Random(f"{seed}-{key}")
    with session() as own:
        for number in range(EACH):
            if rng.random() < 0.1:
                own.execute("BEGIN")
                own.execute("SELECT pg_advisory_xact_lock(%s)", [key])
                write(own, f"{key}:undone")
                own.execute("ROLLBACK")
            own.execute("BEGIN")
            if rng.random() < 0.5:
                own.execute("SELECT pg_current_xact_id()")
            own.execute("SELECT pg_advisory_xact_lock(%s)", [key])
            write(own, f"{key}:{number}")
            own.execute("SELECT pg_sleep(%s)", [rng.random() * 0.02])
            own.execute("COMMIT")


@contextlib.contextmanager
def load(*, seed: int = 1) -> Iterator[list[threading.Thread]]:
    """Writers at work, for some two seconds."""
    threads = [
        threading.Thread(target=_write_as, args=(key,), kwargs={"seed": seed})
        for key in range(KEYS)
    ]
    for thread in threads:
        thread.start()
    try:
        yield threads
    finally:
        for thread in threads:
            thread.join(60)


@contextlib.asynccontextmanager
async def stream() -> AsyncIterator[JetStreamContext]:
    client = await connect(settings.NATS_URL, name="test")
    try:
        yield client.jetstream()
    finally:
        await client.close()


async def whole(count: int = ALL, *, seconds: float = 40) -> None:
    """The stream holds every event once, each key's in the order they were written in."""
    async with stream() as context:
        async with asyncio.timeout(seconds):
            while True:
                with contextlib.suppress(nats.errors.Error):
                    if (await context.stream_info(EVENTS.name)).state.messages >= count:
                        break
                await asyncio.sleep(0.05)
        await asyncio.sleep(0.3)
        told = await messages(context)
    assert len(told) == count
    assert len({message["id"] for message in told}) == count
    by_key = defaultdict(list)
    for message in told:
        key, number = message["payload"]["about"].split(":")
        by_key[key].append(int(number))
    assert all(numbers == sorted(numbers) for numbers in by_key.values())
    assert {message["id"] for message in told} == await asyncio.to_thread(_written)


def _written() -> set[str]:
    """The ids of all events that were committed."""
    try:
        with connections["auditor"].cursor() as cursor:
            cursor.execute("SELECT id::text FROM events_outboxevent")
            return {row[0] for row in cursor.fetchall()}
    finally:
        connections["auditor"].close()


async def idle(threads: Sequence[threading.Thread]) -> None:
    while any(thread.is_alive() for thread in threads):
        await asyncio.sleep(0.05)


def test_the_broker_comes_late_and_is_killed_under_load(committed_db: str) -> None:
    async def scene(broker: OwnBroker) -> None:
        relay = Relay(open_broker=open_jetstream)
        task = asyncio.create_task(relay.run())
        with load() as threads:
            await asyncio.sleep(0.3)
            broker.start()
            for _ in range(3):
                await asyncio.sleep(0.6)
                broker.kill()
                await asyncio.sleep(0.2)
                broker.start()
            await idle(threads)
        await whole()
        relay.stop()
        await asyncio.wait_for(task, 20)

    with own_broker() as broker:
        asyncio.run(scene(broker))


class _Dying:
    """A broker whose relay dies at a chosen step of every third page."""

    class Died(BaseException):
        pass

    pages = 0

    def __init__(self, inner: Broker, *, step: str) -> None:
        self._inner, self._step = inner, step

    @property
    def end(self) -> End | None:
        return self._inner.end

    async def check(self, known: End | None) -> None:
        await self._inner.check(known)

    async def let_go(self, found: End) -> None:
        await self._inner.let_go(found)

    async def publish(self, rows: Sequence[OutboxRow]) -> None:
        _Dying.pages += 1
        dying = _Dying.pages % 3 == 0
        if dying and self._step == "before":
            raise self.Died
        if dying and self._step == "half":
            await self._inner.publish(rows[: len(rows) // 2])
            raise self.Died
        await self._inner.publish(rows)
        if dying and self._step == "after":
            raise self.Died

    async def close(self) -> None:
        await self._inner.close()


@pytest.mark.parametrize("step", ["before", "half", "after"])
def test_the_relay_is_killed_at_each_step(committed_db: str, step: str) -> None:
    async def opened() -> Broker:
        return _Dying(await open_jetstream(), step=step)

    async def scene() -> None:
        async with namespace():
            with load() as threads:
                while any(thread.is_alive() for thread in threads):
                    await _until_death_or_quiet(opened)
            async with relaying():
                await whole()

    asyncio.run(scene())


async def _until_death_or_quiet(opened: carrying.OpenBroker) -> None:
    relay = Relay(open_broker=opened)
    with contextlib.suppress(_Dying.Died, TimeoutError):
        await asyncio.wait_for(relay.run(), 1.0)


def test_two_relays_and_the_one_at_work_loses_its_session(committed_db: str) -> None:
    async def scene() -> None:
        async with namespace():
            before, carrying.STANDBY_SECONDS = carrying.STANDBY_SECONDS, 0.05
            try:
                async with relaying(), relaying():
                    with load() as threads:
                        for _ in range(4):
                            await asyncio.sleep(0.4)
                            await asyncio.to_thread(_end_relay_sessions)
                        await idle(threads)
                    await whole()
            finally:
                carrying.STANDBY_SECONDS = before

    asyncio.run(scene())


def _end_relay_sessions() -> None:
    """As the administrator of the server ends them, or a network that breaks."""
    with psycopg.connect(os.environ[SUPERUSER_VARIABLE]) as administrator:
        administrator.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'vaultcraft-relay' AND datname = %s",
            [connections["default"].settings_dict["NAME"]],
        )


def test_a_cluster_of_three_loses_its_leader_under_load(committed_db: str) -> None:
    async def leader() -> str:
        async with asyncio.timeout(30), stream() as context:
            while True:
                with contextlib.suppress(nats.errors.Error):
                    info = await context.stream_info(EVENTS.name)
                    if info.cluster and info.cluster.leader:
                        return info.cluster.leader
                await asyncio.sleep(0.1)

    async def scene(cluster: OwnCluster) -> None:
        async with relaying():
            with load() as threads:
                for _ in range(2):
                    await asyncio.sleep(1.0)
                    lost = await leader()
                    cluster.kill(lost)
                    await asyncio.sleep(2.5)
                    cluster.start(lost)
                await idle(threads)
            await whole(seconds=60)

    with own_cluster() as cluster:
        asyncio.run(scene(cluster))
