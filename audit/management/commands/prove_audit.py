"""`manage.py prove_audit RECORD`: shows to anybody that one record is under a signed seal."""

from __future__ import annotations

import json
import uuid
from typing import Any

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.exporting import proof_of, public_keys
from kernel.auditor import auditor_snapshot
from kernel.errors import VaultCraftError


class Command(BaseCommand):
    """Reads as the auditor; takes no locks."""

    requires_system_checks = ()  # evidence is read even where the doors are broken
    help = "Print the proof of one audit record for `python -m audit.offline --proof`."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("record", type=uuid.UUID, help="the record's id")

    def handle(self, *args: Any, **options: Any) -> None:
        keys = public_keys(settings.VAULTCRAFT_SEALING_KEYS)
        try:
            with auditor_snapshot() as snapshot:
                proof = proof_of(snapshot, record_id=options["record"], keys=keys)
        except VaultCraftError as error:
            raise CommandError(f"{error.code}: {error.detail}") from error
        except psycopg.OperationalError as error:
            raise CommandError(f"The evidence could not be read: {error}") from None
        self.stdout.write(json.dumps(proof))
