"""Print the catalogue of events as JSON Schemas, or compare it with the checked-in file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from events.catalogue import CATALOGUE


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--file", type=Path, required=True)
        parser.add_argument("--check", action="store_true", help="compare instead of write")

    def handle(self, *args: Any, file: Path, check: bool, **options: Any) -> None:
        schemas = {name: CATALOGUE[name].schema() for name in sorted(CATALOGUE)}
        text = json.dumps(schemas, indent=2) + "\n"
        if not check:
            file.write_text(text)
        elif not file.exists() or file.read_text() != text:
            raise CommandError(f"{file} is not what the catalogue says; run `make schema`")
