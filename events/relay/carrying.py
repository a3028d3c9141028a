"""One relay at work: take the lock, read a page, publish it, note the place, again."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable

import psycopg
from prometheus_client import Counter, Gauge

from events.broker import Broker, BrokerUnavailable, OutOfTurn
from events.relay.connecting import connected
from events.relay.cursor import Overtaken, Page, page_after, save, take_over

LOOK_SECONDS = 0.02
IDLE_LOOK_SECONDS = 0.25
# How long after the last row it goes on looking often.
BUSY_SECONDS = 1.0
STANDBY_SECONDS = 1.0
BACKOFF_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
# Any number; whoever holds it is the relay. Freed by PostgreSQL when the session ends.
_LOCK = 0x7661756C74

log = logging.getLogger(__name__)
published = Counter("vaultcraft_relay_published_total", "Events the broker has acknowledged.")
troubles = Counter("vaultcraft_relay_troubles_total", "Pages that had to be sent again.", ["why"])
working = Gauge(
    "vaultcraft_relay_working", "Whether this process is the relay.", multiprocess_mode="sum"
)

OpenBroker = Callable[[], Awaitable[Broker]]


class Relay:
    """Carries the outbox to the broker until told to stop.

    Any number may run: one holds the lock and works, the others wait for it. Nothing is held open
    while it publishes: no transaction, no row.
    """

    def __init__(self, *, open_broker: OpenBroker) -> None:
        self._open_broker = open_broker
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
            except (psycopg.Error, BrokerUnavailable, OutOfTurn, Overtaken) as error:
                troubles.labels(type(error).__name__).inc()
                log.warning("relay_interrupted: %s %s", type(error).__name__, error)
                await self._pause(BACKOFF_SECONDS[min(failures, len(BACKOFF_SECONDS) - 1)])
                failures += 1

    @contextlib.asynccontextmanager
    async def _alone(self, writing: psycopg.AsyncConnection) -> AsyncIterator[None]:
        while not self._stopping.is_set() and not await _locked(writing):
            await self._pause(STANDBY_SECONDS)
        try:
            working.set(1)
            yield
        finally:
            working.set(0)

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
        place = await take_over(writing)
        page = await page_after(reading, place)
        busy_until = 0.0
        clock = asyncio.get_running_loop().time
        while not self._stopping.is_set():
            if not page.rows:
                await self._pause(LOOK_SECONDS if clock() < busy_until else IDLE_LOOK_SECONDS)
                # An empty difference moves the place without being written down.
                page = await page_after(reading, page.after)
                continue
            busy_until = clock() + BUSY_SECONDS
            page = await self._carried(page, reading, writing, broker)

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
            published.inc(len(page.rows))
            await save(writing, page.after)
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


async def _locked(connection: psycopg.AsyncConnection) -> bool:
    found = await connection.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
    row = await found.fetchone()
    return bool(row and row[0])
