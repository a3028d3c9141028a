"""`manage.py run_sagas`: carry sagas on until SIGTERM or Ctrl-C."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from events.saga.serving import serve


class Command(BaseCommand):
    """Any number may run; each saga is worked on by one at a time."""

    help = "Carry acts of several steps on. Several may run: each saga is worked on by one."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--alive", type=Path, help="a file to touch while all is well")

    def handle(self, *args: Any, **options: Any) -> None:
        stopping = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopping.set())
        serve(stopping=stopping, alive=options["alive"])
