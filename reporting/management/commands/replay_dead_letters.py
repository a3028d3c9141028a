"""`manage.py replay_dead_letters`: what could not be taken, once more; or discarded."""

from __future__ import annotations

import argparse
import datetime as dt
import uuid
from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import PendingAct
from events.consuming.replaying import MOST_AT_ONCE, Replayed
from events.queries import Selection
from kernel import clock
from kernel.actor import Door, system
from kernel.errors import VaultCraftError
from kernel.ids import new_id
from reporting.services.dead_letters import (
    discard_dead_letters,
    rehearse_replay,
    replay_dead_letters,
)


class Command(BaseCommand):
    """At most as many as one transaction should hold; run it again for the rest."""

    help = (
        "Give dead letters to their consumers again, the oldest first, at most"
        f" {MOST_AT_ONCE} at once. Exits 1 if one fails again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--id", type=_uuid, action="append", help="this one; may be repeated")
        which.add_argument("--consumer", help="those of one consumer")
        which.add_argument("--all", action="store_true", help="whatever there is")
        parser.add_argument("--since", type=_instant, help="failed then or later: ISO 8601")
        parser.add_argument("--until", type=_instant, help="failed before then: ISO 8601")
        parser.add_argument("--dry-run", action="store_true", help="undo it, and say what came")
        parser.add_argument("--discard", metavar="REASON", help="let them never have an effect")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["discard"] is not None and options["dry_run"]:
            raise CommandError("--discard does nothing that could be rehearsed.")
        try:
            replayed = _done(options)
        except VaultCraftError as error:
            raise CommandError(f"{error.code}: {error.detail}") from error
        for one in replayed:
            self.stdout.write(_line(one))
        counted = Counter(one.outcome for one in replayed)
        self.stdout.write(", ".join(f"{name.lower()} {n}" for name, n in sorted(counted.items())))
        if counted["FAILED"]:
            raise CommandError("Some failed again and are dead letters still.")


def _done(options: dict[str, Any]) -> Sequence[Replayed]:
    actor = system(door=Door.COMMAND, request_id=f"replay_dead_letters-{new_id()}")
    selection = Selection(
        ids=options["id"],
        consumer=options["consumer"],
        since=options["since"],
        until=options["until"],
    )
    now = clock.now()
    if options["dry_run"]:
        return rehearse_replay(actor=actor, selection=selection, now=now)
    if options["discard"] is not None:
        done = discard_dead_letters(
            actor=actor, selection=selection, reason=options["discard"], now=now
        )
    else:
        done = replay_dead_letters(actor=actor, selection=selection, now=now)
    if isinstance(done, PendingAct):
        raise CommandError("It waits for a second person.")
    return done


def _line(one: Replayed) -> str:
    letter = one.letter
    told = f"{one.outcome:<8} {letter.id} {letter.consumer} {letter.name}"
    return f"{told}  {one.error}" if one.error else told


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise argparse.ArgumentTypeError("write it as a UUID") from None


def _instant(text: str) -> dt.datetime:
    try:
        read = dt.datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("write it like 2026-11-30T08:00:00+00:00") from None
    return read if read.tzinfo else read.replace(tzinfo=dt.UTC)
