"""Write the schemas of messages as a folder of JSON Schemas, or compare them with what is there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from events.catalogue import CATALOGUE
from events.message import MESSAGE_SCHEMA

MESSAGE_FILE = "message.json"


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--directory", type=Path, required=True)
        parser.add_argument("--check", action="store_true", help="compare instead of write")

    def handle(self, *args: Any, directory: Path, check: bool, **options: Any) -> None:
        wanted = {name: json.dumps(schema, indent=2) + "\n" for name, schema in documents().items()}
        if check:
            _compare(directory, wanted)
            return
        directory.mkdir(exist_ok=True)
        for stale in {path.name for path in directory.glob("*.json")} - wanted.keys():
            (directory / stale).unlink()
        for name, text in wanted.items():
            (directory / name).write_text(text)


def documents() -> dict[str, Mapping[str, object]]:
    """File names and what belongs into them: the message, and the payload of each event."""
    payloads = {f"{kind.name}.v{kind.version}.json": kind.schema() for kind in CATALOGUE.values()}
    return {MESSAGE_FILE: MESSAGE_SCHEMA, **payloads}


def _compare(directory: Path, wanted: Mapping[str, str]) -> None:
    there = {path.name: path.read_text() for path in directory.glob("*.json")}
    if there != wanted:
        names = sorted(
            name for name in there.keys() | wanted if there.get(name) != wanted.get(name)
        )
        raise CommandError(
            f"{directory} is not what the catalogue says of {names[0]}; run `make schema`"
        )
