"""`manage.py publish_again --since 2026-11-30T00:00Z`: for a broker that lost its streams."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from events.errors import NoSuchPlace, TooLongAgo
from events.relay.again import publish_again
from events.relay.cursor import EVENTS, KAFKA
from kernel.actor import Door, system


class Command(BaseCommand):
    help = "Publish everything from an instant on once more; consumers take none twice."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--since", type=_instant, required=True, help="ISO 8601, with its zone")

        parser.add_argument("--place", choices=(EVENTS, KAFKA), default=EVENTS)

    def handle(self, *args: Any, since: dt.datetime, place: str, **options: Any) -> None:
        try:
            first = publish_again(
                actor=system(door=Door.COMMAND, request_id="publish_again"),
                since=since,
                place=place,
            )
        except (NoSuchPlace, TooLongAgo) as error:
            raise CommandError(str(error)) from error
        if not first:
            raise CommandError("There is no event since then.")
        self.stdout.write(f"Publishing again from the event {first} on.")


def _instant(text: str) -> dt.datetime:
    instant = dt.datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("an instant needs its zone")
    return instant
