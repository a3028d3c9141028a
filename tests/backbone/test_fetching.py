"""Who reads a stream gets an event when it is there, not when a batch is full."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator

import nats
from django.conf import settings
from nats.js import JetStreamContext

from events.broker.fetching import fetched

PATIENCE = 600.0


@contextlib.asynccontextmanager
async def _stream() -> AsyncIterator[tuple[JetStreamContext, str]]:
    """A stream of this test alone, and the one subject that it keeps."""
    name = f"fetching{uuid.uuid4().hex[:12]}"
    client = await nats.connect(settings.NATS_URL)
    context = client.jetstream()
    await context.add_stream(name=name, subjects=[f"{name}.it"])
    try:
        yield context, f"{name}.it"
    finally:
        await context.delete_stream(name)
        await client.close()


def test_a_lone_message_is_not_kept_for_company_that_does_not_come():
    """The library itself, asked for a hundred, would return it after all of its time."""

    async def run() -> list[bytes]:
        async with _stream() as (context, subject):
            reading = await context.pull_subscribe(subject, durable="reader")
            waiting = asyncio.create_task(fetched(reading, most=100, seconds=PATIENCE))
            await asyncio.sleep(0.1)
            await context.publish(subject, b"alone")
            return [one.data for one in await waiting]

    assert asyncio.run(asyncio.wait_for(run(), 40)) == [b"alone"]


def test_those_that_wait_behind_it_come_along_but_no_more_than_wanted():
    async def run() -> tuple[int, int]:
        async with _stream() as (context, subject):
            reading = await context.pull_subscribe(subject, durable="reader")
            for number in range(12):
                await context.publish(subject, str(number).encode())
            first = await fetched(reading, most=10, seconds=PATIENCE)
            return len(first), len(await fetched(reading, most=10, seconds=PATIENCE))

    assert asyncio.run(asyncio.wait_for(run(), 40)) == (10, 2)
