"""`manage.py rebuild_projection`: a projection from nothing, compared with the live one."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from events.broker import BrokerUnavailable
from events.consuming import registered
from events.rebuilding import Difference, Rebuilt, rebuild
from kernel import clock
from kernel.actor import Door, system
from kernel.errors import VaultCraftError
from kernel.ids import new_id
from reporting.services.rebuilding import note_rebuild


class Command(BaseCommand):
    """Runs beside the consumers; they wait for its last step alone."""

    help = (
        "Make a projection anew from the stream and replace the live one where it differs. With"
        " --check nothing is replaced, and the exit code is 1 if they differ."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        names = [consumer.name for consumer in registered() if consumer.tables]
        parser.add_argument("name", choices=names)
        parser.add_argument("--check", action="store_true", help="compare, and replace nothing")
        parser.add_argument(
            "--drop-unexplained", action="store_true", help="delete rows that no event explains"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        now = clock.now()
        actor = system(door=Door.COMMAND, request_id=f"rebuild_projection-{new_id()}")
        try:
            rebuilt = rebuild(
                name=options["name"],
                check=options["check"],
                drop_unexplained=options["drop_unexplained"],
                now=now,
            )
        except VaultCraftError as error:
            raise CommandError(f"{error.code}: {error.detail} {error.facts or ''}") from error
        except BrokerUnavailable as error:
            raise CommandError(f"The stream could not be read: {error}") from error
        note_rebuild(actor=actor, name=options["name"], rebuilt=rebuilt, now=now)
        self._tell(rebuilt)
        if options["check"] and not rebuilt.equal:
            sys.exit(1)

    def _tell(self, rebuilt: Rebuilt) -> None:
        self.stdout.write(f"{rebuilt.events:,} events.")
        for one in rebuilt.differences:
            self._tell_table(one)
        verdict = "The same." if rebuilt.equal else "THEY DIFFER."
        self.stdout.write("Replaced." if rebuilt.replaced else verdict)

    def _tell_table(self, one: Difference) -> None:
        self.stdout.write(f"{one.table}")
        self.stdout.write(f"  live     {one.live.sha256} {one.live.rows:,} rows")
        self.stdout.write(f"  rebuilt  {one.rebuilt.sha256} {one.rebuilt.rows:,} rows")
        if not one.equal:
            self.stdout.write(
                f"  missing {one.missing:,}, unexplained {one.unexplained:,}, other {one.other:,}"
            )
            for place in one.places:
                self.stdout.write(f"    {place}")
