"""`manage.py publish_again --since 2026-11-30T00:00Z`: for a broker that lost its streams."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from events.relay.again import publish_again
from kernel.actor import Door, system


class Command(BaseCommand):
    help = "Publish everything from an instant on once more; consumers take none twice."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--since", type=_instant, required=True, help="ISO 8601, with its zone")

    def handle(self, *args: Any, since: dt.datetime, **options: Any) -> None:
        first = publish_again(
            actor=system(door=Door.COMMAND, request_id="publish_again"), since=since
        )
        if not first:
            raise CommandError("There is no event since then.")
        self.stdout.write(f"Publishing again from the event {first} on.")


def _instant(text: str) -> dt.datetime:
    instant = dt.datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("an instant needs its zone")
    return instant
