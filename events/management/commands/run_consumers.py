"""`manage.py run_consumers`: take events in until SIGTERM or Ctrl-C."""

from __future__ import annotations

import asyncio
import signal
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from events.broker import BrokerUnavailable
from events.broker.jetstream import connect, declare_streams
from events.consuming import registered
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

    def handle(self, *args: Any, **options: Any) -> None:
        asyncio.run(_run(options["only"]))


async def _run(only: list[str] | None) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    while not stopping.is_set():
        try:
            client = await connect(settings.NATS_URL, name="vaultcraft consumers")
            await declare_streams(client, replicas=settings.EVENT_REPLICAS)
        except BrokerUnavailable:
            await asyncio.wait({asyncio.create_task(stopping.wait())}, timeout=PAUSE_SECONDS)
            continue
        chosen = [one for one in registered() if only is None or one.name in only]
        workers = [Worker(consumer=one, client=client) for one in chosen]
        async with asyncio.TaskGroup() as group:
            for worker in workers:
                group.create_task(worker.run())
            await stopping.wait()
            for worker in workers:
                worker.stop()
        await client.close()
