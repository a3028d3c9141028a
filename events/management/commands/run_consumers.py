"""`manage.py run_consumers`: take events in until SIGTERM or Ctrl-C."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from nats.aio.client import Client

from events import metrics
from events.alive import keep_alive, on_signals
from events.broker import BrokerUnavailable
from events.broker.jetstream import connect, declare_streams
from events.consuming import Consumer, registered
from events.consuming.running import Worker

PAUSE_SECONDS = 1.0


class Command(BaseCommand):
    """Any number of processes may run the same consumers; each event is taken once."""

    help = "Run the consumers of events. Several processes may run the same."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        names = [consumer.name for consumer in registered()]
        parser.add_argument(
            "--only", action="append", choices=names, help="run this one; may be repeated"
        )
        parser.add_argument("--alive", type=Path, help="a file to touch while all is well")
        metrics.add_argument(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        metrics.serve(options["metrics"])
        only = options["only"]
        chosen = [one for one in registered() if only is None or one.name in only]
        asyncio.run(_run(chosen, options["alive"]))


async def _run(consumers: Sequence[Consumer], alive: Path | None) -> None:
    stopping = asyncio.Event()
    on_signals(stopping.set)
    beat = asyncio.create_task(keep_alive(alive))
    try:
        client = await _connected(stopping)
        if client is not None:
            async with client:
                await _work(consumers, client, stopping)
    finally:
        beat.cancel()


async def _connected(stopping: asyncio.Event) -> Client | None:
    """A connection with every stream as it is declared, or None when told to stop first."""
    while not stopping.is_set():
        try:
            client = await connect(settings.NATS_URL, name="vaultcraft consumers")
            await declare_streams(client, replicas=settings.EVENT_REPLICAS)
        except BrokerUnavailable:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), PAUSE_SECONDS)
        else:
            return client
    return None


async def _work(consumers: Sequence[Consumer], client: Client, stopping: asyncio.Event) -> None:
    workers = [Worker(consumer=one, client=client) for one in consumers]
    async with asyncio.TaskGroup() as group:
        for worker in workers:
            group.create_task(worker.run())
        await stopping.wait()
        for worker in workers:
            worker.stop()
