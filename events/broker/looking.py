"""How the streams and the consumers' places in them are, asked of the broker while somebody waits.

With little patience and on a connection of its own: for a page, and for whoever reads the metrics.
"""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt

import nats
from django.conf import settings
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from events.broker import BrokerUnavailable
from events.broker.jetstream import UNAVAILABLE
from events.streams import EVENTS, STREAMS, Stream

PATIENCE_SECONDS = 1.5
CONNECT_SECONDS = 1.0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class StreamState:
    """One stream; without messages if it is not there yet."""

    stream: Stream
    there: bool
    messages: int = 0
    size: int = 0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerState:
    """One consumer's place.

    :param delivered: messages it was ever given, each again counted again.
    :param pending: messages it was not given yet.
    :param unacknowledged: messages it has and did not acknowledge.
    :param redelivered: those of them that it was given before.
    """

    name: str
    delivered: int
    pending: int
    unacknowledged: int
    redelivered: int
    active_at: dt.datetime | None


@dataclasses.dataclass(frozen=True, slots=True)
class BrokerState:
    """All of it, at one moment."""

    streams: tuple[StreamState, ...]
    consumers: tuple[ConsumerState, ...]


def look() -> BrokerState:
    """Ask; outside of any event loop.

    :raises BrokerUnavailable: if it does not answer in time.
    """
    return asyncio.run(_look())


async def _look() -> BrokerState:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            client = await nats.connect(
                settings.NATS_URL.split(","),
                name="vaultcraft looking",
                connect_timeout=CONNECT_SECONDS,
                allow_reconnect=False,
                error_cb=_silent,
            )
            try:
                return await _asked(client.jetstream(timeout=CONNECT_SECONDS))
            finally:
                await client.close()
    except UNAVAILABLE as error:
        raise BrokerUnavailable(str(error) or type(error).__name__) from error


async def _asked(context: JetStreamContext) -> BrokerState:
    streams = [await _stream(context, one) for one in STREAMS]
    return BrokerState(tuple(streams), await _consumers(context))


async def _stream(context: JetStreamContext, stream: Stream) -> StreamState:
    try:
        state = (await context.stream_info(stream.name)).state
    except NotFoundError:
        return StreamState(stream=stream, there=False)
    return StreamState(stream=stream, there=True, messages=state.messages, size=state.bytes)


async def _consumers(context: JetStreamContext) -> tuple[ConsumerState, ...]:
    try:
        found = await context.consumers_info(EVENTS.name)
    except NotFoundError:
        return ()
    states = [
        ConsumerState(
            name=one.name,
            delivered=one.delivered.consumer_seq if one.delivered else 0,
            pending=one.num_pending or 0,
            unacknowledged=one.num_ack_pending or 0,
            redelivered=one.num_redelivered or 0,
            active_at=one.delivered.last_active if one.delivered else None,
        )
        for one in found
    ]
    return tuple(sorted(states, key=lambda one: one.name))


async def _silent(error: Exception) -> None:
    """Whoever asked is told by an exception; the library's own line would be a second one."""
