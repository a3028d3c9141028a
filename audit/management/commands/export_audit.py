"""`manage.py export_audit FILE`: the evidence and its chain, to be checked without this server."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.exporting import exported, public_keys
from kernel.auditor import auditor_snapshot
from kernel.errors import VaultCraftError


class Command(BaseCommand):
    """Reads one snapshot as the auditor; takes no locks."""

    requires_system_checks = ()  # evidence is read even where the doors are broken
    help = "Write all audit records and seals for `python -m audit.offline`."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("output", type=Path, help="a new or replaced file, mode 0600")

    def handle(self, *args: Any, **options: Any) -> None:
        output: Path = options["output"]
        try:
            count = _written(output)
        except VaultCraftError as error:
            raise CommandError(f"{error.code}: {error.detail}") from error
        except psycopg.OperationalError as error:
            raise CommandError(f"The evidence could not be read: {error}") from None
        except OSError as error:
            raise CommandError(f"{output} cannot be written: {error}") from None
        self.stderr.write(f"{count:,} lines written.")


def _written(output: Path) -> int:
    """Write the file, which appears under its name only when it is whole; its lines."""
    half = output.with_name(f".{output.name}.{os.getpid()}")
    count = 0
    keys = public_keys(settings.VAULTCRAFT_SEALING_KEYS)
    try:
        descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file, auditor_snapshot() as snapshot:
            for line in exported(snapshot, keys=keys):
                file.write(json.dumps(line, separators=(",", ":")) + "\n")
                count += 1
            file.flush()
            os.fsync(file.fileno())
        half.replace(output)
    finally:
        half.unlink(missing_ok=True)
    return count
