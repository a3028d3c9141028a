"""A broker that lost what it had acknowledged gets it again, or nobody pretends that it did not."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import nats
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.test import Client as Browser
from nats.js import JetStreamContext

from events.broker.jetstream import UNAVAILABLE
from events.relay import carrying, mending
from events.streams import EVENTS
from tests.backbone.brokers import OwnBroker, own_broker
from tests.backbone.scenes import messages, relaying, session, taking_in, write
from tests.backbone.test_taking import consumer, until

LONG_AGO = "2020-01-01T00:00:00+00:00"


@contextlib.asynccontextmanager
async def streams() -> AsyncIterator[JetStreamContext]:
    """The streams of the test's own broker, once it answers."""
    client = await nats.connect(settings.NATS_URL, max_reconnect_attempts=-1)
    try:
        yield client.jetstream()
    finally:
        await client.close()


async def fully_told(wanted: list[str], *, seconds: float = 20) -> None:
    """The stream tells of these, each once or again, the first of each in this order."""
    seen: list[str] = []
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while seen != wanted:
                await asyncio.sleep(0.1)
                with contextlib.suppress(*UNAVAILABLE):
                    async with streams() as context:
                        found = await messages(context)
                    seen = list(dict.fromkeys(one["payload"]["about"] for one in found))
    assert seen == wanted


def cursor() -> dict[str, Any]:
    """The relay's row."""
    try:
        with connections["auditor"].cursor() as asked:
            asked.execute(
                "SELECT stream_last, lost_at IS NOT NULL FROM events_relaycursor"
                " WHERE name = 'events'"
            )
            last, lost = asked.fetchone()
    finally:
        connections["auditor"].close()
    return {"last": last, "lost": lost}


def sql(statement: str) -> None:
    """As the owner of the tables."""
    try:
        with connections["owner"].cursor() as own:
            own.execute(statement)
    finally:
        connections["owner"].close()


async def eventually_lost() -> None:
    async with asyncio.timeout(20):
        while not (await asyncio.to_thread(cursor))["lost"]:
            await asyncio.sleep(0.1)


@pytest.mark.parametrize("what", ["messages", "all"])
def test_a_tail_that_was_acknowledged_and_lost_comes_again(committed_db: str, what: str) -> None:
    """Of a power failure the messages alone; of an older image of the disk the whole store."""

    async def scene(broker: OwnBroker) -> None:
        with session() as alice:
            broker.start()
            async with taking_in(consumer()):
                async with relaying():
                    for about in "ab":
                        write(alice, about)
                    await until(["a", "b"])
                broker.kill()
                broker.keep(what)
                broker.start()
                async with relaying():
                    for about in "cd":
                        write(alice, about)
                    await until(["a", "b", "c", "d"])
                broker.kill()
                broker.put_back(what)
                broker.start()
                async with relaying():
                    await fully_told(["a", "b", "c", "d"])
                    write(alice, "e")
                    await fully_told(["a", "b", "c", "d", "e"])
                    await until(["a", "b", "c", "d", "e"], seconds=30)

    with own_broker() as broker:
        asyncio.run(scene(broker))
    assert cursor() == {"last": 5, "lost": False}


def test_it_is_seen_while_the_relay_works_and_nothing_happens(
    committed_db: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No event has to come for it to be seen, and the connection mends itself in between."""
    monkeypatch.setattr(carrying, "CHECK_SECONDS", 0.5)

    async def scene(broker: OwnBroker) -> None:
        with session() as alice:
            broker.start()
            async with relaying():
                write(alice, "a")
                await fully_told(["a"])
                broker.kill()
                broker.keep("messages")
                broker.start()
                write(alice, "b")
                await fully_told(["a", "b"])
                broker.kill()
                broker.put_back("messages")
                broker.start()
                await fully_told(["a", "b"])

    with own_broker() as broker:
        asyncio.run(scene(broker))


def test_streams_that_are_gone_are_filled_again(committed_db: str) -> None:
    async def scene(broker: OwnBroker) -> None:
        with session() as alice:
            broker.start()
            async with relaying():
                for about in "abc":
                    write(alice, about)
                await fully_told(["a", "b", "c"])
            broker.kill()
            broker.wipe()
            broker.start()
            write(alice, "d")
            async with relaying():
                await fully_told(["a", "b", "c", "d"])

    with own_broker() as broker:
        asyncio.run(scene(broker))


def test_more_than_a_page_of_them_in_the_old_order(committed_db: str) -> None:
    every = [f"{number}" for number in range(1_300)]

    async def scene(broker: OwnBroker) -> None:
        with session() as alice:
            broker.start()
            with alice.transaction():
                for about in every[:-1]:
                    write(alice, about)
            async with relaying():
                await fully_told(every[:-1], seconds=60)
            broker.kill()
            broker.wipe()
            broker.start()
            write(alice, every[-1])
            async with relaying():
                await fully_told(every, seconds=60)

    with own_broker() as broker:
        asyncio.run(scene(broker))


def test_what_the_outbox_has_let_go_of_stops_the_relay_until_somebody_decides(
    committed_db: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(mending, "AGAIN_SECONDS", 0.2)

    async def scene(broker: OwnBroker) -> None:
        with session() as alice:
            broker.start()
            async with relaying():
                write(alice, "a")
                await fully_told(["a"])
            broker.kill()
            broker.wipe()
            broker.start()
            await asyncio.to_thread(sql, "UPDATE events_relaycursor SET forgotten_before = now()")
            write(alice, "b")
            async with relaying():
                await eventually_lost()
                async with streams() as context:
                    assert (await context.stream_info(EVENTS.name)).state.messages == 0
                answer = await asyncio.to_thread(Browser().get, "/readyz")
                assert answer.status_code == 200
                assert answer.json()["status"] == "degraded"
                assert answer.json()["checks"]["stream"] == "degraded"
                assert 'vaultcraft_relay_stands{place="events"} 1.0' in await asyncio.to_thread(
                    scraped
                )
                assert "relay_stream_lost" in caplog.text
                # Whoever says so knows what is missing; from then on the stream counts as it is.
                await asyncio.to_thread(call_command, "publish_again", "--since", LONG_AGO)
                await fully_told(["a", "b"])
        assert 'vaultcraft_relay_stands{place="events"} 0.0' in await asyncio.to_thread(scraped)

    with own_broker() as broker:
        asyncio.run(scene(broker))
    assert not cursor()["lost"]


def scraped() -> str:
    return Browser().get("/metrics").content.decode()
