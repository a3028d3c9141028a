"""`manage.py run_relay`: carry the outbox to the broker until SIGTERM or Ctrl-C."""

from __future__ import annotations

import asyncio
import signal
from typing import Any

from django.core.management.base import BaseCommand

from events.broker.choosing import open_broker
from events.relay.carrying import Relay
from events.relay.hints import listen


class Command(BaseCommand):
    """Any number may run; one works and the others stand by."""

    help = "Publish the outbox. Several may run: one works, the others stand by."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        asyncio.run(_run())


async def _run() -> None:
    relay = Relay(open_broker=open_broker)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, relay.stop)
    listening = asyncio.create_task(listen(relay.woken))
    try:
        await relay.run()
    finally:
        listening.cancel()
