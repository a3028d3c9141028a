"""The broker the settings ask for, with its streams as they are declared."""

from __future__ import annotations

from django.conf import settings

from events.broker import Broker
from events.broker.jetstream import JetStream, connect, declare_streams


async def open_broker() -> Broker:
    """A broker to publish to.

    :raises BrokerUnavailable: if it does not answer.
    """
    client = await connect(settings.NATS_URL, name="vaultcraft relay")
    try:
        await declare_streams(client, replicas=settings.EVENT_REPLICAS)
    except BaseException:
        await client.close()
        raise
    return JetStream(client)
