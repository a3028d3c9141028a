"""Kafka by configuration, against the mock brokers of Kafka's own client library.

What they cannot show is in docs/decisions/0059-kafka-beside-jetstream.md.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from confluent_kafka import Message
from django.conf import settings as running
from django.core.exceptions import ImproperlyConfigured

from events.broker import BrokerUnavailable, kafka
from events.broker.kafka import Kafka, connect
from events.message import OutboxRow
from tests.backbone.mock_kafka import (
    NOT_ENOUGH_REPLICAS,
    TOPIC_AUTHORIZATION_FAILED,
    MockKafka,
    mock_kafka,
)
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
