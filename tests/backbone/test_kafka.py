"""Kafka by configuration, against the mock brokers of Kafka's own client library.

What they cannot show is in docs/decisions/0059-kafka-beside-jetstream.md.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import json
import uuid
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

import psycopg
import pytest
from confluent_kafka import Message
from django.conf import settings as running
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command

from events.broker import BrokerUnavailable, kafka
from events.broker.choosing import brokers
from events.broker.kafka import Kafka, connect
from events.message import OutboxRow
from events.relay.carrying import Relay
from events.relay.cursor import IS_SENT
from tests.backbone.mock_kafka import (
    NOT_ENOUGH_REPLICAS,
    TOPIC_AUTHORIZATION_FAILED,
    MockKafka,
    mock_kafka,
)
from tests.backbone.scenes import namespace, session, told, write
from vaultcraft import env

ACME, GLOBEX = uuid.uuid4(), uuid.uuid4()


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[MockKafka]:
    with mock_kafka() as one:
        monkeypatch.setattr(running, "EVENT_NAMESPACE", f"t{uuid.uuid4().hex[:12]}")
        one.make_topic(kafka.topic(), partitions=4)
        yield one


def rows(count: int, *, begin: int = 0) -> list[OutboxRow]:
    """Events of two organizations in turn."""
    return [
        OutboxRow(
            sequence=number,
            id=uuid.uuid4(),
            name="ledger.transaction.posted",
            version=1,
            organization_id=GLOBEX if number % 2 else ACME,
            subject_id=None,
            payload=json.dumps({"number": number}),
            actor_kind="system",
            actor_id=None,
            request_id="",
            occurred_at=dt.datetime(2026, 11, 20, tzinfo=dt.UTC),
        )
        for number in range(begin, begin + count)
    ]


async def opened(cluster: MockKafka) -> Kafka:
    return await connect({"bootstrap.servers": cluster.bootstrap})


async def publish(cluster: MockKafka, *pages: list[OutboxRow]) -> None:
    broker = await opened(cluster)
    try:
        for page in pages:
            await broker.publish(page)
    finally:
        await broker.close()


def numbers(found: list[Any]) -> dict[str, list[int]]:
    """What stands there for each organization, in its order; each event where it is first."""
    told: dict[str, dict[int, None]] = {}
    for message in found:
        number = json.loads(message.value())["payload"]["number"]
        told.setdefault(message.key().decode(), {})[number] = None
    return {key: list(those) for key, those in told.items()}


def headers_of(message: Message) -> dict[str, str]:
    given: Any = message.headers()
    return {name: value.decode() for name, value in given}


def in_turn(count: int) -> dict[str, list[int]]:
    return {ACME.hex: list(range(0, count, 2)), GLOBEX.hex: list(range(1, count, 2))}


def test_order_for_each_organization_ids_and_headers(cluster: MockKafka) -> None:
    sent = rows(600)

    asyncio.run(publish(cluster, sent[:500], sent[500:]))

    found = cluster.read(kafka.topic(), 600)
    assert numbers(found) == in_turn(600)
    by_id = {str(row.id): row for row in sent}
    assert len({headers_of(message)["id"] for message in found}) == 600
    for message in found:
        headers = headers_of(message)
        row = by_id[headers.pop("id")]
        assert headers == {"name": "ledger.transaction.posted", "version": "1"}
        assert (message.key(), message.value()) == (row.place.encode(), row.body)
    places = {(message.key(), message.partition()) for message in found}
    assert len(places) == 2  # a key has one partition


def test_brokers_that_refuse_for_a_moment_change_nothing(cluster: MockKafka) -> None:
    async def scene() -> None:
        broker = await opened(cluster)
        await broker.publish(rows(10))
        cluster.refuse(*[NOT_ENOUGH_REPLICAS] * 3)
        await broker.publish(rows(40, begin=10))
        await broker.close()

    asyncio.run(scene())

    found = cluster.read(kafka.topic(), 50)
    assert [len(those) for those in numbers(found).values()] == [25, 25]
    assert numbers(found) == in_turn(50)


def test_a_refusal_that_stays_is_told(cluster: MockKafka) -> None:
    cluster.refuse(*[TOPIC_AUTHORIZATION_FAILED] * 4)
    with pytest.raises(BrokerUnavailable):
        asyncio.run(publish(cluster, rows(20)))


def test_another_leader_in_between(cluster: MockKafka) -> None:
    async def scene() -> None:
        broker = await opened(cluster)
        for begin, leader in ((0, 1), (20, 2), (40, 3)):
            for partition in range(4):
                cluster.lead_elsewhere(kafka.topic(), partition=partition, broker=leader)
            await broker.publish(rows(20, begin=begin))
        await broker.close()

    asyncio.run(scene())

    assert numbers(cluster.read(kafka.topic(), 60)) == in_turn(60)


def test_with_all_brokers_down_it_says_so_in_time_and_sends_again_later(
    cluster: MockKafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = rows(30)

    async def scene() -> None:
        broker = await opened(cluster)
        await broker.publish(sent[:10])
        cluster.all_down()
        monkeypatch.setattr(kafka, "ACK_SECONDS", 0.5)
        with pytest.raises(BrokerUnavailable):
            await asyncio.wait_for(broker.publish(sent[10:]), 20)
        await asyncio.wait_for(broker.close(), 20)
        with pytest.raises(BrokerUnavailable):
            await asyncio.wait_for(opened(cluster), 20)
        cluster.all_up()
        monkeypatch.setattr(kafka, "ACK_SECONDS", 30.0)
        await publish(cluster, sent[10:])

    asyncio.run(scene())

    assert numbers(cluster.read(kafka.topic(), 30)) == in_turn(30)


def test_nobody_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka, "CONNECT_SECONDS", 0.3)
    with pytest.raises(BrokerUnavailable):
        asyncio.run(connect({"bootstrap.servers": "127.0.0.1:1"}))


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
                return await asyncio.to_thread(by_configuration.read, kafka.topic(), 602)

    with session() as writing:
        begin(writing)
        write_all(writing, ["a", "b"])
        theirs = asyncio.run(scene(writing))

    # Of those read some may be there twice; the first of each come in order.
    assert about(theirs) == ["a", "b", *many][: len(about(theirs))]
    assert len(about(theirs)) > 500


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


def test_how_kafka_is_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"KAFKA_BOOTSTRAP": "kafka:9093", "KAFKA_USER": "vaultcraft", "KAFKA_PASSWORD": "x"}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert env.kafka()["security.protocol"] == "sasl_ssl"
    assert env.kafka()["sasl.mechanism"] == "SCRAM-SHA-512"
    monkeypatch.delenv("KAFKA_PASSWORD")
    with pytest.raises(ImproperlyConfigured, match="KAFKA_PASSWORD"):
        env.kafka()
    monkeypatch.setenv("KAFKA_SECURITY", "plaintext")
    assert env.kafka() == {"bootstrap.servers": "kafka:9093", "security.protocol": "plaintext"}
    monkeypatch.setenv("KAFKA_SECURITY", "none")
    with pytest.raises(ImproperlyConfigured, match="KAFKA_SECURITY"):
        env.kafka()
