"""How far the relay is behind: exact, whoever asks, and told when the broker is away."""

from __future__ import annotations

import asyncio
import datetime as dt
import socket
import time

import nats
import psycopg
import pytest
from django.conf import settings
from django.db import connection
from prometheus_client import CollectorRegistry, generate_latest

from events.broker import BrokerUnavailable
from events.broker.looking import look
from events.consuming import Consumer, Event
from events.consuming.running import Worker
from events.relay import lag as lag_module
from events.relay.lag import outbox_lag
from kernel import clock
from tests.backbone.brokers import own_broker
from tests.backbone.scenes import namespace, relaying, session, told, write
from vaultcraft.backbone_metrics import Backbone
from vaultcraft.health import impatient_connection

SESSIONS = frozenset({"accounts.session.opened"})


def waiting(reading: psycopg.Connection) -> int:
    with reading.cursor() as cursor:
        return outbox_lag(cursor).waiting


def gauges() -> dict[str, float]:
    registry = CollectorRegistry()
    registry.register(Backbone(connect=impatient_connection))
    lines = generate_latest(registry).decode().splitlines()
    return {
        name: float(value)
        for name, value in (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    }


def test_what_waits_is_counted_and_what_is_published_is_not(committed_db) -> None:
    async def carried(count: int) -> None:
        async with namespace() as context, relaying():
            await told(context, count)
            await asyncio.sleep(0.5)  # the place is written after the acknowledgement

    with session() as writing:
        assert waiting(writing) == 0
        for subject in "abc":
            write(writing, subject)
        with writing.cursor() as cursor:
            before = outbox_lag(cursor)
        assert (before.waiting, before.at_least) == (3, False)
        assert 0 <= before.seconds(clock.now()) < 60
        asyncio.run(carried(3))
        assert waiting(writing) == 0
        write(writing, "d")
        assert waiting(writing) == 1


def test_what_committed_late_counts_though_later_ones_are_published(committed_db) -> None:
    async def carried() -> None:
        async with namespace() as context, relaying():
            await told(context, 1)
            await asyncio.sleep(0.5)

    with session() as late, session() as early:
        with late.transaction():
            write(late, "late")
            write(early, "early")
            asyncio.run(carried())
            assert waiting(early) == 0
        assert waiting(early) == 1


def test_counting_has_an_end(committed_db, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lag_module, "MOST", 5)
    with session() as writing:
        for subject in "abcdefgh":
            write(writing, subject)
        with writing.cursor() as cursor:
            found = outbox_lag(cursor)
    assert (found.waiting, found.at_least) == (5, True)


def test_it_walks_the_index_by_sequence_as_the_application(committed_db) -> None:
    with session() as writing:
        for subject in "abc":
            write(writing, subject)
        writing.execute("SET enable_seqscan = off")
        writing.execute("SET enable_bitmapscan = off")
        asked = {"from": 0, "since": "3:3:", "until": "3:3:", "position": 0, "most": 10}
        plan = writing.execute(f"EXPLAIN {lag_module._WAITING}", asked).fetchall()
    text = "\n".join(line for (line,) in plan)
    assert "Index Scan using outbox_sequence" in text
    assert "Index Cond: (sequence > " in text


def test_metrics_tell_of_outbox_streams_consumers_and_dead_letters(committed_db) -> None:
    def broken(event: Event, now: dt.datetime) -> None:
        raise ValueError("no")

    async def scene() -> dict[str, float]:
        consumer = Consumer(name="lag-test", names=SESSIONS, handle=broken)
        async with namespace() as context, relaying():
            await told(context, 2)
            client = await nats.connect(settings.NATS_URL)
            worker = Worker(consumer=consumer, client=client)
            task = asyncio.create_task(worker.run())
            try:
                async with asyncio.timeout(15):
                    while True:
                        found = await asyncio.to_thread(gauges)
                        name = 'vaultcraft_failed_deliveries{consumer="lag-test",state="retrying"}'
                        if found.get(name) == 2:
                            return found
                        await asyncio.sleep(0.1)
            finally:
                worker.stop()
                await task
                await client.close()

    with session() as writing:
        write(writing, "a")
        write(writing, "b")
        found = asyncio.run(scene())

    assert found["vaultcraft_broker_up"] == 1
    assert found['vaultcraft_outbox_waiting{place="events"}'] == 0
    assert found['vaultcraft_outbox_oldest_waiting_seconds{place="events"}'] == 0
    assert found["vaultcraft_outbox_skipped"] == 0
    assert found['vaultcraft_stream_messages{stream="events"}'] == 2
    assert found['vaultcraft_stream_bytes{stream="events"}'] > 200
    assert found['vaultcraft_consumer_delivered{consumer="lag-test"}'] >= 2
    assert found['vaultcraft_consumer_pending{consumer="lag-test"}'] == 0
    assert found['vaultcraft_consumer_ack_pending{consumer="lag-test"}'] == 2


@pytest.mark.django_db
def test_with_the_broker_down_the_rest_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "NATS_URL", "nats://127.0.0.1:1")
    found = gauges()
    assert found["vaultcraft_broker_up"] == 0
    assert found['vaultcraft_outbox_waiting{place="events"}'] == 0
    assert not [name for name in found if name.startswith("vaultcraft_stream")]


def test_with_the_database_down_the_broker_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict, "PORT", "1")
    found = gauges()
    assert found["vaultcraft_broker_up"] == 1
    assert 'vaultcraft_outbox_waiting{place="events"}' not in found


def test_a_broker_that_hangs_is_not_waited_for() -> None:
    """It takes the connection and says nothing."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        before, settings.NATS_URL = settings.NATS_URL, f"nats://127.0.0.1:{silent.getsockname()[1]}"
        started = time.monotonic()
        try:
            with pytest.raises(BrokerUnavailable):
                look()
        finally:
            settings.NATS_URL = before
    assert time.monotonic() - started < 3


def test_a_broker_without_streams_says_that_they_are_not_there() -> None:
    with own_broker() as broker:
        broker.start()
        state = _patiently()
    assert [(one.stream.label, one.there) for one in state.streams] == [
        ("events", False),
        ("dead_letters", False),
        ("requests", False),
    ]
    assert state.consumers == ()


def _patiently():
    for _ in range(50):
        try:
            return look()
        except BrokerUnavailable:
            continue
    return look()
