"""Outboxes, relays and streams of a test: real PostgreSQL, real NATS, a namespace of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from collections.abc import AsyncIterator, Iterator
from typing import Any

import nats
import psycopg
from django.conf import settings
from django.db import connections
from nats.js import JetStreamContext

from events.broker.choosing import open_jetstream
from events.broker.jetstream import declare_streams
from events.consuming import Consumer
from events.consuming.running import Worker
from events.relay.carrying import Relay
from events.streams import EVENTS, STREAMS


@contextlib.contextmanager
def session() -> Iterator[psycopg.Connection]:
    """A session of the application role, in charge of its own transactions, that sees all."""
    parameters = connections["default"].get_connection_params()
    chosen = {k: v for k, v in parameters.items() if k in ("host", "port", "user", "password")}
    name = connections["default"].settings_dict["NAME"]
    with psycopg.connect(**chosen, dbname=name, autocommit=True) as connection:
        connection.execute("SELECT set_config('vaultcraft.scope', 'platform', false)")
        yield connection


def write(session: psycopg.Connection, subject: str) -> None:
    """One event about a thing with a name, inside whatever transaction is open."""
    session.execute(
        "INSERT INTO events_outboxevent (id, name, version, organization_id, subject_id, payload,"
        " actor_kind, actor_id, request_id, occurred_at) VALUES (gen_random_uuid(),"
        " 'accounts.session.opened', 1, NULL, NULL, jsonb_build_object('about', %s::text),"
        " 'system', NULL, '', clock_timestamp())",
        [subject],
    )


@contextlib.asynccontextmanager
async def namespace() -> AsyncIterator[JetStreamContext]:
    """Streams of this test alone; gone afterwards."""
    before, settings.EVENT_NAMESPACE = settings.EVENT_NAMESPACE, f"t{uuid.uuid4().hex[:12]}"
    client = await nats.connect(settings.NATS_URL)
    context = client.jetstream()
    try:
        await declare_streams(client, replicas=1)
        yield context
    finally:
        for stream in STREAMS:
            with contextlib.suppress(nats.js.errors.NotFoundError):
                await context.delete_stream(stream.name)
        await client.close()
        settings.EVENT_NAMESPACE = before


@contextlib.asynccontextmanager
async def taking_in(consumer: Consumer) -> AsyncIterator[None]:
    """The consumer at work; it has ended afterwards."""
    client = await nats.connect(settings.NATS_URL)
    worker = Worker(consumer=consumer, client=client)
    task = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        worker.stop()
        await asyncio.wait_for(task, 20)
        await client.close()


@contextlib.asynccontextmanager
async def relaying() -> AsyncIterator[Relay]:
    """A relay at work, stopped at the end."""
    relay = Relay(open_broker=open_jetstream)
    task = asyncio.create_task(relay.run())
    try:
        yield relay
    finally:
        relay.stop()
        await asyncio.wait_for(task, 20)


async def messages(context: JetStreamContext) -> list[dict[str, Any]]:
    """What the stream holds, in its order."""
    state = (await context.stream_info(EVENTS.name)).state
    found = []
    for sequence in range(state.first_seq, state.last_seq + 1):
        message = await context.get_msg(EVENTS.name, sequence)
        found.append(json.loads(message.data or b"{}"))
    return found


async def told(context: JetStreamContext, count: int, *, seconds: float = 10) -> list[str]:
    """About what the stream tells, once it tells of so many things."""
    async with asyncio.timeout(seconds):
        while (await context.stream_info(EVENTS.name)).state.messages < count:
            await asyncio.sleep(0.02)
    return [message["payload"]["about"] for message in await messages(context)]
