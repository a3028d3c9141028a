"""`manage.py verify_audit`: does the chain over all audit records stand? Exits 1 if not."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.exporting import exported, public_keys
from audit.offline import Seen, read_lines, told, verify
from kernel.auditor import auditor_snapshot
from kernel.errors import VaultCraftError


class Command(BaseCommand):
    """Reads one snapshot as the auditor; takes no locks."""

    requires_system_checks = ()  # evidence is read even where the doors are broken
    help = (
        "Check every sealed audit record, every seal, and the heads told elsewhere. Exits 1 on a"
        " finding, which a record unsealed for five minutes is, too, and where the file of heads"
        " that the settings name is gone."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--heads", type=Path, help="the file of heads; the settings' own if none is named"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["heads"] or settings.VAULTCRAFT_HEADS_FILE
        try:
            seen = _seen(path)
        except VaultCraftError as error:
            raise CommandError(f"{error.code}: {error.detail}") from error
        except (psycopg.OperationalError, OSError) as error:
            raise CommandError(f"The evidence could not be read: {error}") from None
        for line in told(seen):
            self.stdout.write(line)
        lost = not path.exists() and bool(seen.digests)
        if not path.exists():
            self.stdout.write("No file of heads: an end that was cut off may not be seen.")
        if seen.findings or lost:
            sys.exit(1)


def _seen(path: Path) -> Seen:
    keys = public_keys(settings.VAULTCRAFT_SEALING_KEYS)
    heads = read_lines(path) if path.exists() else ()
    with auditor_snapshot() as snapshot:
        return verify(exported(snapshot, keys=keys), keys=keys, heads=heads)
