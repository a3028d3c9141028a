"""The process's one reader of the stream of events, whatever the number of pages."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence

from django.conf import settings
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext, api
from nats.js.errors import FetchTimeoutError

from events.broker import BrokerUnavailable
from events.broker.fetching import fetched
from events.broker.jetstream import ACK_SECONDS, UNAVAILABLE, connect
from events.streams import EVENTS
from web.live.changes import NAMES, Change, change_of
from web.live.hub import RETAINED, Hub

BATCH = 200
FETCH_SECONDS = 2.0
PAUSE_SECONDS = 1.0
FORGOTTEN_SECONDS = 30.0

log = logging.getLogger(__name__)


class Reader:
    """Reads in order, each message once, and begins again behind the last after any failure.

    Its place on the broker is nobody's: it is made anew each time and forgotten by itself.
    """

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._next = 0
        self.caught_up = asyncio.Event()

    async def run(self) -> None:
        """Read until cancelled. With the broker down it waits and asks again."""
        while True:
            try:
                client = await connect(settings.NATS_URL, name="vaultcraft live")
            except BrokerUnavailable:
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            try:
                await self._read(client)
            except UNAVAILABLE as error:
                log.warning("live_interrupted: %s %s", type(error).__name__, error)
                await asyncio.sleep(PAUSE_SECONDS)
            finally:
                with contextlib.suppress(*UNAVAILABLE):
                    await client.close()

    async def _read(self, client: Client) -> None:
        context = client.jetstream(timeout=ACK_SECONDS)
        consumer = await self._placed(context)
        subscription = await context.pull_subscribe_bind(consumer.name, stream=EVENTS.name)
        if not consumer.num_pending:
            self.caught_up.set()
        while True:
            try:
                await self._take(await fetched(subscription, most=BATCH, seconds=FETCH_SECONDS))
            except (FetchTimeoutError, TimeoutError):
                # Nothing came: is it there at all? A broker that was away has forgotten it.
                await context.consumer_info(EVENTS.name, consumer.name)

    async def _placed(self, context: JetStreamContext) -> api.ConsumerInfo:
        """A consumer behind what was read, or so far back that pages can resume here."""
        state = (await context.stream_info(EVENTS.name)).state
        if state.last_seq + 1 < self._next:
            log.warning("live_another_stream")
            self._next = 0
            self._hub.forget()
        begin = self._next or max(state.first_seq, state.last_seq - RETAINED, 1)
        wanted = api.ConsumerConfig(
            deliver_policy=api.DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=begin,
            filter_subjects=[
                f"{settings.EVENT_NAMESPACE}.{EVENTS.word}.*.{name}" for name in sorted(NAMES)
            ],
            ack_policy=api.AckPolicy.NONE,
            mem_storage=True,
            num_replicas=1,
            inactive_threshold=FORGOTTEN_SECONDS,
        )
        self._next = begin
        return await context.add_consumer(EVENTS.name, config=wanted)

    async def _take(self, messages: Sequence[Msg]) -> None:
        new = [one for one in messages if one.metadata.sequence.stream >= self._next]
        await self._hub.tell([change for one in new if (change := _read(one)) is not None])
        if new:
            self._next = new[-1].metadata.sequence.stream + 1
            if not new[-1].metadata.num_pending:
                self.caught_up.set()


def _read(message: Msg) -> Change | None:
    """A message that is none of ours concerns nobody here; the consumers make it known."""
    try:
        return change_of(message.data)
    except (ValueError, KeyError, TypeError):
        log.exception("live_unreadable")
        return None
