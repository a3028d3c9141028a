"""`manage.py run_webhooks`: carry deliveries out until SIGTERM or Ctrl-C."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from events.alive import keep_alive, on_signals
from notifications.webhooks.sending import Sender
from notifications.working import WebhookWorker


class Command(BaseCommand):
    """Any number of processes may run; each delivery is taken up by one."""

    help = "Send webhooks. Several processes may run."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--alive", type=Path, help="a file to touch while all is well")

    def handle(self, *args: Any, **options: Any) -> None:
        asyncio.run(_run(options["alive"]))


async def _run(alive: Path | None) -> None:
    worker = WebhookWorker(sender=Sender(local=settings.WEBHOOK_LOCAL_TARGETS))
    on_signals(worker.stop)
    beat = asyncio.create_task(keep_alive(alive))
    try:
        await worker.run()
    finally:
        beat.cancel()
