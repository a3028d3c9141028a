"""`manage.py begin_heads --reason TEXT`: another file of heads, after a backup was put back.

Nothing is sealed while the file of heads and the chain differ, or the file is gone. Whoever knows
why says so here; the old file is kept beside the new one, and an audit record tells of it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.errors import ChainBroken
from audit.services.heads import begin_heads
from kernel import clock
from kernel.actor import Door, system
from kernel.errors import VaultCraftError
from kernel.ids import new_id

MOST_OF_A_REASON = 200


class Command(BaseCommand):
    """Writes the file that the settings name."""

    help = "Begin another file of heads, so that sealing goes on after a backup was put back."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--reason", required=True, help="kept in the audit record; no names")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = settings.VAULTCRAFT_HEADS_FILE
        reason = options["reason"].strip()
        if not 0 < len(reason) <= MOST_OF_A_REASON:
            raise CommandError(f"Say why, in at most {MOST_OF_A_REASON} characters.")
        actor = system(door=Door.COMMAND, request_id=f"heads-{new_id()}")
        try:
            kept = begin_heads(actor=actor, path=path, reason=reason, now=clock.now())
        except VaultCraftError as error:
            raise CommandError(f"{error.code}: {error.detail}") from error
        except ChainBroken as broken:
            raise CommandError(f"The chain itself is not whole: {broken}.") from broken
        except OSError as error:
            raise CommandError(f"The file cannot be written: {error}") from None
        self.stdout.write(f"{path} is begun." + (f" The old one is {kept}." if kept else ""))
