"""The brokers the settings ask for, with their streams as they are declared."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings

from events.broker import Broker
from events.broker import kafka as kafka_broker
from events.broker.jetstream import JetStream, connect, declare_streams
from events.message import OutboxRow

JETSTREAM, KAFKA = "jetstream", "kafka"


async def open_broker() -> Broker:
    """What to publish to: JetStream, from which our own consumers read; with Kafka, both.

    :raises BrokerUnavailable: if one of them does not answer.
    """
    jetstream = await _open_jetstream()
    if settings.EVENT_BROKER != KAFKA:
        return jetstream
    try:
        return Both(jetstream, await kafka_broker.connect(settings.KAFKA))
    except BaseException:
        await jetstream.close()
        raise


async def _open_jetstream() -> JetStream:
    client = await connect(settings.NATS_URL, name="vaultcraft relay")
    try:
        await declare_streams(client, replicas=settings.EVENT_REPLICAS)
    except BaseException:
        await client.close()
        raise
    return JetStream(client)


class Both:
    """Two brokers, one after the other: published is what both have stored.

    With one of them down the outbox waits, and the other is at most one page ahead.
    """

    def __init__(self, first: Broker, second: Broker) -> None:
        self._first = first
        self._second = second

    async def publish(self, rows: Sequence[OutboxRow]) -> None:
        """See `events.broker.Broker.publish`."""
        await self._first.publish(rows)
        await self._second.publish(rows)

    async def close(self) -> None:
        """Let go of both connections."""
        try:
            await self._first.close()
        finally:
            await self._second.close()
