"""The brokers the settings ask for, each with a relay and a place in the outbox of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from django.conf import settings

from events.broker import Broker
from events.broker import kafka as kafka_broker
from events.broker.jetstream import JetStream, connect, declare_streams
from events.relay.cursor import EVENTS, KAFKA


def brokers() -> Mapping[str, Callable[[], Awaitable[Broker]]]:
    """How to open what to publish to, by the name of its place.

    JetStream, from which our own consumers read; and Kafka, if the settings ask for it. Neither
    waits for the other.
    """
    if settings.EVENT_BROKER != "kafka":
        return {EVENTS: open_jetstream}
    return {EVENTS: open_jetstream, KAFKA: open_kafka}


async def open_jetstream() -> JetStream:
    """JetStream, with its streams as they are declared.

    :raises BrokerUnavailable: if it does not answer.
    """
    client = await connect(settings.NATS_URL, name="vaultcraft relay")
    try:
        await declare_streams(client, replicas=settings.EVENT_REPLICAS)
    except BaseException:
        await client.close()
        raise
    return JetStream(client)


async def open_kafka() -> Broker:
    """Kafka, as the settings say.

    :raises BrokerUnavailable: if it does not answer.
    """
    return await kafka_broker.connect(settings.KAFKA)
