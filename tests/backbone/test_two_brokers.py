"""JetStream and Kafka side by side, each with a relay and a place in the outbox of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Sequence

import psycopg
import pytest
from confluent_kafka import Message
from django.conf import settings as running
from django.core.management import CommandError, call_command

from events.broker import kafka
from events.broker.choosing import brokers
from events.relay.carrying import Relay
from events.relay.cursor import IS_SENT
from tests.backbone.mock_kafka import MockKafka, mock_kafka
from tests.backbone.scenes import namespace, session, told, write


@contextlib.asynccontextmanager
async def carrying() -> AsyncIterator[None]:
    """The relays of the settings, as `run_relay` runs them."""
    relays = [Relay(open_broker=opened, place=place) for place, opened in brokers().items()]
    tasks = [asyncio.create_task(relay.run()) for relay in relays]
    try:
        yield
    finally:
        for relay in relays:
            relay.stop()
        await asyncio.wait_for(asyncio.gather(*tasks), 20)


def begin(writing: psycopg.Connection) -> None:
    """Kafka's place: otherwise it begins where JetStream's is at that moment."""
    writing.execute(
        "INSERT INTO events_relaycursor (name, cluster, since, position, highest, epoch)"
        " SELECT 'kafka', cluster, since, position, highest, 0 FROM events_relaycursor"
    )


def about(found: list[Message]) -> list[str]:
    """What they tell of, each where it is first."""
    return list(dict.fromkeys(json.loads(one.value() or b"")["payload"]["about"] for one in found))


@pytest.fixture
def by_configuration(monkeypatch: pytest.MonkeyPatch) -> Iterator[MockKafka]:
    """The settings ask for a Kafka that is there."""
    monkeypatch.setattr(kafka, "ACK_SECONDS", 0.5)
    monkeypatch.setattr(kafka, "CONNECT_SECONDS", 0.5)
    with mock_kafka() as cluster:
        monkeypatch.setattr(running, "EVENT_BROKER", "kafka")
        monkeypatch.setattr(running, "KAFKA", {"bootstrap.servers": cluster.bootstrap})
        yield cluster


def test_the_relay_carries_to_both_by_configuration(
    committed_db: str, by_configuration: MockKafka
) -> None:
    async def scene() -> tuple[list[str], list[Message]]:
        async with namespace() as context:
            by_configuration.make_topic(kafka.topic(), partitions=1)
            async with carrying():
                own = await told(context, 5)
                theirs = await asyncio.to_thread(by_configuration.read, kafka.topic(), 5)
            return own, theirs

    with session() as writing:
        begin(writing)
        for subject in "abcde":
            write(writing, subject)
        own, theirs = asyncio.run(scene())

    assert own == list("abcde")
    assert about(theirs) == own
    assert {one.key() for one in theirs} == {b"platform"}


def test_with_kafka_down_jetstream_goes_on_and_kafka_gets_the_rest_later(
    committed_db: str, by_configuration: MockKafka
) -> None:
    """Of more than a page: neither broker waits for the other, and nothing is lost on either."""
    many = [f"{number}" for number in range(600)]

    async def scene(writing: psycopg.Connection) -> list[Message]:
        async with namespace() as context:
            by_configuration.make_topic(kafka.topic(), partitions=1)
            async with carrying():
                await told(context, 2)
                await carried_to_kafka(writing, 2)
                await asyncio.to_thread(by_configuration.all_down)
                await asyncio.to_thread(write_all, writing, many[:300])
                await told(context, 302)
                await asyncio.to_thread(write_all, writing, many[300:])
                assert await told(context, 602, seconds=20) == ["a", "b", *many]
                await asyncio.to_thread(by_configuration.all_up)
                await carried_to_kafka(writing, 602)
                read = by_configuration.read_until
                return await asyncio.to_thread(read, kafka.topic(), all_of(602))

    with session() as writing:
        begin(writing)
        write_all(writing, ["a", "b"])
        theirs = asyncio.run(scene(writing))

    # Some may be there twice; the first of each come in order.
    assert about(theirs) == ["a", "b", *many]


def all_of(count: int) -> Callable[[list[Message]], bool]:
    """Whether so many different messages are among those read."""
    return lambda found: len(about(found)) >= count


async def carried_to_kafka(writing: psycopg.Connection, count: int) -> None:
    """Kafka's place is behind so many rows."""
    asked = (
        "SELECT count(*) FROM events_outboxevent o, events_relaycursor place"
        f" WHERE place.name = 'kafka' AND {IS_SENT}"
    )
    async with asyncio.timeout(40):
        while (await asyncio.to_thread(writing.execute, asked)).fetchone() != (count,):
            await asyncio.sleep(0.1)


def write_all(writing: psycopg.Connection, subjects: Sequence[str]) -> None:
    with writing.transaction():
        for subject in subjects:
            write(writing, subject)


def test_with_nats_down_kafka_goes_on(
    committed_db: str, by_configuration: MockKafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "NATS_URL", "nats://127.0.0.1:1")
    monkeypatch.setattr(running, "EVENT_NAMESPACE", f"t{uuid.uuid4().hex[:12]}")

    async def scene() -> list[Message]:
        by_configuration.make_topic(kafka.topic(), partitions=1)
        async with carrying():
            return await asyncio.to_thread(by_configuration.read, kafka.topic(), 3)

    with session() as writing:
        write_all(writing, list("abc"))
        assert about(asyncio.run(scene())) == list("abc")


def test_kafka_is_left_once_the_settings_no_longer_ask_for_it(
    committed_db: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with session() as writing:
        begin(writing)
        monkeypatch.setattr(running, "EVENT_BROKER", "kafka")
        with pytest.raises(CommandError, match="still says kafka"):
            call_command("leave_kafka")
        monkeypatch.setattr(running, "EVENT_BROKER", "jetstream")
        call_command("leave_kafka")
        places = writing.execute("SELECT name FROM events_relaycursor").fetchall()
        assert places == [("events",)]
        with pytest.raises(psycopg.Error, match="refuses DELETE"):
            writing.execute("DELETE FROM events_relaycursor")
