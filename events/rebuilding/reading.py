"""The stream of events from its first to its last, in batches, for code that is not async.

The loop turns only inside `batches`, so between two of them the caller may use the database.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator, Sequence

from django.conf import settings
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext, api
from nats.js.errors import FetchTimeoutError

from events.broker import BrokerUnavailable
from events.broker.jetstream import ACK_SECONDS, UNAVAILABLE, connect
from events.consuming import Event
from events.streams import EVENTS
from kernel.ids import new_id

BATCH = 500
FETCH_SECONDS = 2.0
# A server that answers and gives nothing so often in a row is not well.
MOST_EMPTY_FETCHES = 5
INACTIVE_SECONDS = 600.0


def batches(names: Sequence[str]) -> Iterator[list[Event]]:
    """Every event of these names that is in the stream now, in its order.

    What is none of ours is left out; consumers bury it as well.

    :raises BrokerUnavailable: if the broker does not answer, or leaves something out.
    """
    with asyncio.Runner() as runner:
        try:
            reader = runner.run(_opened(names))
            try:
                while messages := runner.run(reader.more()):
                    yield [event for event in map(_event, messages) if event is not None]
            finally:
                runner.run(reader.close())
        except UNAVAILABLE as error:
            raise BrokerUnavailable(str(error) or type(error).__name__) from error


async def _opened(names: Sequence[str]) -> _Reader:
    client = await connect(settings.NATS_URL, name="vaultcraft rebuild")
    try:
        return await _Reader.begin(client, names)
    except BaseException:
        await client.close()
        raise


class _Reader:
    """A place in the stream that no one else has, and that ends with us."""

    def __init__(
        self, client: Client, subscription: JetStreamContext.PullSubscription, left: int
    ) -> None:
        self._client = client
        self._subscription = subscription
        self._left = left
        self._seen = 0

    @classmethod
    async def begin(cls, client: Client, names: Sequence[str]) -> _Reader:
        context = client.jetstream(timeout=ACK_SECONDS)
        name = f"rebuild-{new_id().hex}"
        wanted = api.ConsumerConfig(
            name=name,
            filter_subjects=[
                f"{settings.EVENT_NAMESPACE}.{EVENTS.word}.*.{one}" for one in sorted(names)
            ],
            ack_policy=api.AckPolicy.NONE,
            inactive_threshold=INACTIVE_SECONDS,
            mem_storage=True,
        )
        made = await context.add_consumer(EVENTS.name, config=wanted)
        subscription = await context.pull_subscribe_bind(name, stream=EVENTS.name)
        return cls(client, subscription, made.num_pending or 0)

    async def more(self) -> list[Msg]:
        """The next messages; none after the last that was there at the beginning."""
        for _ in range(MOST_EMPTY_FETCHES):
            if self._left <= 0:
                return []
            with contextlib.suppress(FetchTimeoutError, TimeoutError):
                wanted = min(BATCH, self._left)
                return self._counted(await self._subscription.fetch(wanted, timeout=FETCH_SECONDS))
        raise BrokerUnavailable(f"{self._left} events of the stream did not come")

    async def close(self) -> None:
        """Let go of the place and the connection."""
        with contextlib.suppress(*UNAVAILABLE):
            await self._subscription.unsubscribe()
        await self._client.close()

    def _counted(self, messages: list[Msg]) -> list[Msg]:
        for message in messages:
            self._seen += 1
            if message.metadata.sequence.consumer != self._seen:
                raise BrokerUnavailable("a message of the stream was lost on its way")
        self._left -= len(messages)
        return messages


def _event(message: Msg) -> Event | None:
    try:
        return Event.of(message.data)
    except (ValueError, KeyError, TypeError):
        return None
