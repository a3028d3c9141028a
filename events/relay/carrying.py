"""One relay at work: take the lock, read a page, publish it, note the place, again."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable

import psycopg
from prometheus_client import Counter, Gauge

from events.broker import Broker, BrokerUnavailable, OutOfTurn, Shortened
from events.relay import mending
from events.relay.connecting import connected
from events.relay.cursor import (
    EVENTS,
    KAFKA,
    Overtaken,
    Page,
    Place,
    page_after,
    page_if_ours,
    save,
    take_over,
)

LOOK_SECONDS = 0.02
IDLE_LOOK_SECONDS = 0.25
# How long after the last row it goes on looking often.
BUSY_SECONDS = 1.0
STANDBY_SECONDS = 1.0
# How often an idle relay asks whether the stream still has what it acknowledged; each page does.
CHECK_SECONDS = 10.0
BACKOFF_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
# Any numbers; whoever holds one is the relay to that broker. Freed by PostgreSQL when the session
# ends.
_LOCKS = {EVENTS: 0x7661756C74, KAFKA: 0x7661756C75}

log = logging.getLogger(__name__)
published = Counter(
    "vaultcraft_relay_published_total", "Events the broker has acknowledged.", ["place"]
)
troubles = Counter(
    "vaultcraft_relay_troubles_total", "Pages that had to be sent again.", ["place", "why"]
)
working = Gauge(
    "vaultcraft_relay_working",
    "Whether this process is the relay.",
    ["place"],
    multiprocess_mode="sum",
)

OpenBroker = Callable[[], Awaitable[Broker]]


class Relay:
    """Carries the outbox to one broker until told to stop.

    Any number may run: one holds the lock and works, the others wait for it. Nothing is held open
    while it publishes: no transaction, no row.

    :param place: the name of its place in the outbox; each broker has its own.
    """

    def __init__(self, *, open_broker: OpenBroker, place: str = EVENTS) -> None:
        self._open_broker = open_broker
        self._place = place
        self._stopping = asyncio.Event()
        self.woken = asyncio.Event()

    def stop(self) -> None:
        """Let the page under way end, then return."""
        self._stopping.set()
        self.woken.set()

    async def run(self) -> None:
        """Work, or wait to work, until `stop`; servers that are down are asked again."""
        failures = 0
        while not self._stopping.is_set():
            try:
                async with connected() as (reading, writing), self._alone(writing):
                    failures = 0
                    await self._work(reading, writing)
            except mending.Lost as error:
                troubles.labels(self._place, type(error).__name__).inc()
                log.critical("relay_stream_lost: %s: %s", self._place, error)
                await self._pause(mending.AGAIN_SECONDS)
            except (psycopg.Error, BrokerUnavailable, OutOfTurn, Overtaken, Shortened) as error:
                troubles.labels(self._place, type(error).__name__).inc()
                log.warning(
                    "relay_interrupted: %s: %s %s", self._place, type(error).__name__, error
                )
                await self._pause(BACKOFF_SECONDS[min(failures, len(BACKOFF_SECONDS) - 1)])
                failures += 1

    @contextlib.asynccontextmanager
    async def _alone(self, writing: psycopg.AsyncConnection) -> AsyncIterator[None]:
        while not self._stopping.is_set() and not await _locked(writing, self._place):
            await self._pause(STANDBY_SECONDS)
        try:
            working.labels(self._place).set(1)
            yield
        finally:
            working.labels(self._place).set(0)

    async def _work(
        self, reading: psycopg.AsyncConnection, writing: psycopg.AsyncConnection
    ) -> None:
        if self._stopping.is_set():
            return
        broker = await self._open_broker()
        try:
            await self._carry(reading, writing, broker)
        finally:
            await broker.close()

    async def _carry(
        self,
        reading: psycopg.AsyncConnection,
        writing: psycopg.AsyncConnection,
        broker: Broker,
    ) -> None:
        place = await self._begun(reading, writing, broker)
        page = await page_after(reading, place)
        clock = asyncio.get_running_loop().time
        busy_until, check_at, mark_at = 0.0, clock() + CHECK_SECONDS, 0.0
        while not self._stopping.is_set():
            if not page.rows:
                await self._pause(LOOK_SECONDS if clock() < busy_until else IDLE_LOOK_SECONDS)
                if clock() > check_at:
                    await broker.check(broker.end)
                    check_at = clock() + CHECK_SECONDS
                # An empty difference moves the place without being written down.
                page = await page_if_ours(reading, page.after)
                continue
            busy_until = clock() + BUSY_SECONDS
            done, page = page, await self._carried(page, reading, writing, broker)
            if clock() > mark_at:
                await mending.mark(writing, done.after.at(broker.end))
                mark_at = clock() + mending.MARK_SECONDS

    async def _begun(
        self,
        reading: psycopg.AsyncConnection,
        writing: psycopg.AsyncConnection,
        broker: Broker,
    ) -> Place:
        """The place, for this relay alone, after a look whether the broker has what is before it.

        :raises mending.Lost: if it has not, and cannot be given all of it again.
        """
        place = await take_over(writing, self._place)
        try:
            await broker.check(place.end)
        except Shortened as short:
            place = await mending.mended(reading, writing, place=place, found=short.found)
            await broker.check(place.end)
            await broker.let_go(short.found)
        place = place.at(broker.end)
        await save(writing, place)
        await mending.mark(writing, place)
        return place

    async def _carried(
        self,
        page: Page,
        reading: psycopg.AsyncConnection,
        writing: psycopg.AsyncConnection,
        broker: Broker,
    ) -> Page:
        """Publish a page while the next is read. The place is noted before that one is sent."""
        following = asyncio.create_task(page_after(reading, page.after))
        try:
            await broker.publish(page.rows)
            published.labels(self._place).inc(len(page.rows))
            await save(writing, page.after.at(broker.end))
        except BaseException:
            following.cancel()
            with contextlib.suppress(asyncio.CancelledError, psycopg.Error):
                await following
            raise
        return await following

    async def _pause(self, seconds: float) -> None:
        self.woken.clear()
        if self._stopping.is_set():
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.woken.wait(), seconds)


async def _locked(connection: psycopg.AsyncConnection, place: str) -> bool:
    found = await connection.execute("SELECT pg_try_advisory_lock(%s)", [_LOCKS[place]])
    row = await found.fetchone()
    return bool(row and row[0])
