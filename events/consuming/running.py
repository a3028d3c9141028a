"""One consumer at work: fetch, take, acknowledge. The broker keeps its place in the stream."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connections
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import api
from nats.js.errors import FetchTimeoutError, NotFoundError
from prometheus_client import Counter

from events.broker.fetching import fetched
from events.broker.jetstream import ACK_SECONDS, UNAVAILABLE
from events.consuming.judging import database_is_away
from events.consuming.registry import Consumer, Event
from events.consuming.taking import note_failure, take
from events.forgetting import inbox_begins
from events.streams import DEAD_LETTERS, EVENTS
from kernel import clock

BATCH = 100
FETCH_SECONDS = 2.0
ACK_WAIT_SECONDS = 60.0
MAX_PENDING = 1_000
PAUSE_SECONDS = 1.0

log = logging.getLogger(__name__)
taken = Counter("vaultcraft_consumer_taken_total", "Events taken in.", ["consumer"])
failed = Counter("vaultcraft_consumer_failed_total", "Deliveries that failed.", ["consumer"])
died = Counter("vaultcraft_consumer_dead_letters_total", "Events given up.", ["consumer"])

R = TypeVar("R")


class Worker:
    """Runs one consumer until told to stop. Any number of processes may run the same."""

    def __init__(self, *, consumer: Consumer, client: Client) -> None:
        self._consumer = consumer
        self._client = client
        self._context = client.jetstream(timeout=ACK_SECONDS)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"consumer-{consumer.name}")
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Let the batch under way end, then return."""
        self._stopping.set()

    async def run(self) -> None:
        """Take events in until `stop`. With a server down it waits and asks again."""
        try:
            while not self._stopping.is_set():
                try:
                    await self._declare()
                    await self._work()
                except (*UNAVAILABLE, DatabaseError, InterfaceError) as error:
                    log.warning("consumer_interrupted: %s %s", self._consumer.name, error)
                    await self._in_thread(connections.close_all)
                    await self._pause(PAUSE_SECONDS)
        finally:
            await self._in_thread(connections.close_all)
            self._thread.shutdown(wait=False)

    async def _declare(self) -> None:
        wanted = api.ConsumerConfig(
            durable_name=self._consumer.name,
            filter_subjects=[
                f"{settings.EVENT_NAMESPACE}.{EVENTS.word}.*.{name}"
                for name in sorted(self._consumer.names)
            ],
            ack_policy=api.AckPolicy.EXPLICIT,
            ack_wait=ACK_WAIT_SECONDS,
            # Whether to try again is ours to say: a database that is down is no event's fault.
            max_deliver=-1,
            max_ack_pending=MAX_PENDING,
        )
        await self._begin_somewhere(wanted)
        await self._context.add_consumer(EVENTS.name, config=wanted)

    async def _begin_somewhere(self, wanted: api.ConsumerConfig) -> None:
        """Where its place in the stream begins stands once it is made, and cannot be changed.

        A place that was lost begins where the inbox does: what is older was taken in, and the inbox
        would not know it again.
        """
        try:
            found = await self._context.consumer_info(EVENTS.name, self._consumer.name)
        except NotFoundError:
            since = await self._in_thread(lambda: inbox_begins(self._consumer.name))
            if since is not None:
                wanted.deliver_policy = api.DeliverPolicy.BY_START_TIME
                wanted.opt_start_time = since
        else:
            wanted.deliver_policy = found.config.deliver_policy
            wanted.opt_start_time = found.config.opt_start_time

    async def _work(self) -> None:
        subscription = await self._context.pull_subscribe_bind(
            self._consumer.name, stream=EVENTS.name
        )
        try:
            while not self._stopping.is_set():
                with contextlib.suppress(FetchTimeoutError, TimeoutError):
                    await self._take(await fetched(subscription, most=BATCH, seconds=FETCH_SECONDS))
        finally:
            with contextlib.suppress(*UNAVAILABLE):
                await subscription.unsubscribe()

    async def _take(self, messages: Sequence[Msg]) -> None:
        """All in one transaction; if one of them fails, each in its own."""
        read = [(message, await self._read(message)) for message in messages]
        good = [(message, event) for message, event in read if event is not None]
        try:
            await self._taken([event for _, event in good])
        except Exception as error:
            if database_is_away(error):
                raise
            log.info("consumer_one_by_one: %s", self._consumer.name)
            for message, event in good:
                await self._take_alone(message, event)
            return
        for message, _ in good:
            await message.ack()

    async def _take_alone(self, message: Msg, event: Event) -> None:
        try:
            await self._taken([event])
        except Exception as error:
            if database_is_away(error):
                raise
            log.exception("consumer_failed: %s %s", self._consumer.name, event.id)
            failed.labels(self._consumer.name).inc()
            await self._put_off(message, event, error)
        else:
            await message.ack()

    async def _put_off(self, message: Msg, event: Event, error: Exception) -> None:
        delay = await self._in_thread(
            lambda: note_failure(
                consumer=self._consumer,
                event=event,
                body=message.data,
                error=f"{type(error).__name__}: {error}",
                now=clock.now(),
            )
        )
        if delay is not None:
            await message.nak(delay.total_seconds())
            return
        died.labels(self._consumer.name).inc()
        await self._bury(message, reason=type(error).__name__, identity=str(event.id))

    async def _read(self, message: Msg) -> Event | None:
        """The event of a message; what is none of ours is buried at once."""
        try:
            return Event.of(message.data)
        except (ValueError, KeyError, TypeError) as error:
            log.exception("consumer_unreadable: %s", self._consumer.name)
            identity = f"{message.metadata.sequence.stream}"
            await self._bury(message, reason=type(error).__name__, identity=identity)
            return None

    async def _bury(self, message: Msg, *, reason: str, identity: str) -> None:
        """To the stream of dead letters first, then out of this consumer's way."""
        await self._context.publish(
            f"{settings.EVENT_NAMESPACE}.{DEAD_LETTERS.word}.{self._consumer.name}",
            message.data,
            headers={
                "Nats-Msg-Id": f"{self._consumer.name}:{identity}",
                "Vaultcraft-Subject": message.subject,
                "Vaultcraft-Reason": reason,
            },
        )
        await message.term()

    async def _taken(self, events: Sequence[Event]) -> None:
        if not events:
            return
        await self._in_thread(lambda: take(consumer=self._consumer, events=events, now=clock.now()))
        taken.labels(self._consumer.name).inc(len(events))

    async def _in_thread(self, call: Callable[[], R]) -> R:
        return await asyncio.get_running_loop().run_in_executor(self._thread, call)

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)
