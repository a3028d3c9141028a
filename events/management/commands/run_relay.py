"""`manage.py run_relay`: carry the outbox to the broker until SIGTERM or Ctrl-C."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from events import metrics
from events.alive import keep_alive, on_signals
from events.broker.choosing import brokers
from events.relay.carrying import Relay
from events.relay.hints import listen


class Command(BaseCommand):
    """Any number may run; one works and the others stand by."""

    help = "Publish the outbox. Several may run: one works, the others stand by."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--alive", type=Path, help="a file to touch while all is well")
        metrics.add_argument(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        metrics.serve(options["metrics"])
        asyncio.run(_run(options["alive"]))


async def _run(alive: Path | None) -> None:
    relays = [Relay(open_broker=opened, place=place) for place, opened in brokers().items()]

    def stop() -> None:
        for relay in relays:
            relay.stop()

    on_signals(stop)
    beside = [asyncio.create_task(listen(relay.woken)) for relay in relays]
    beside.append(asyncio.create_task(keep_alive(alive)))
    try:
        async with asyncio.TaskGroup() as group:
            for relay in relays:
                group.create_task(relay.run())
    finally:
        for task in beside:
            task.cancel()
