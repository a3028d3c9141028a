"""`manage.py export_ledger`: the books as a journal of hledger or beancount."""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO, cast

import psycopg
from django.core.management.base import BaseCommand, CommandError, CommandParser

from kernel import clock
from kernel.auditor import auditor_snapshot
from kernel.errors import VaultCraftError
from ledger.checker import require_organization
from ledger.exporting import WRITERS, read_books, write_books
from ledger.management.arguments import organization_id


class Command(BaseCommand):
    """Reads one snapshot as the auditor; takes no locks."""

    requires_system_checks = ()  # the books are asked even where the doors are broken
    help = "Write the books for hledger or beancount, with every balance asserted."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--format", choices=sorted(WRITERS), required=True)
        parser.add_argument("--organization", type=organization_id, help="org_... or a UUID")
        parser.add_argument(
            "--output", type=Path, help="a new or replaced file, mode 0600; standard output if none"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with _opened(options["output"], cast(TextIO, self.stdout)) as stream:
                count = _export(stream, options["format"], options["organization"])
        except VaultCraftError as error:
            raise CommandError(f"{error.code}: {error.detail}") from error
        except psycopg.OperationalError as error:
            raise CommandError(f"The books could not be read: {error}") from None
        except OSError as error:
            raise CommandError(f"{options['output']} cannot be written: {error}") from None
        self.stderr.write(f"{count:,} transactions written.")


def _export(stream: TextIO, name: str, organization: uuid.UUID | None) -> int:
    with auditor_snapshot() as connection:
        require_organization(connection, organization)
        books = read_books(
            connection=connection, organization_id=organization, today=clock.now().date()
        )
        return write_books(WRITERS[name](books), stream)


@contextlib.contextmanager
def _opened(path: Path | None, standard_output: TextIO) -> Iterator[TextIO]:
    """The file, which appears under its name only when it is whole."""
    if path is None:
        # Django's wrapper would end every write with a line of its own.
        yield cast(TextIO, getattr(standard_output, "_out", standard_output))
        return
    half = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
            yield stream
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)
