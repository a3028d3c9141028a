"""`manage.py seed`: the demo world, for a machine of one's own."""

from __future__ import annotations

import argparse
import datetime as dt
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from kernel import clock
from kernel.errors import VaultCraftError
from vaultcraft.seeding.demo_file import FILE_NAME, UnreadableDemoFile
from vaultcraft.seeding.planting import AlreadySeeding, Planted, plant, wanted_when_empty
from vaultcraft.seeding.sealing import seal

ALLOWED_ENVIRONMENTS = ("local", "test")


class Command(BaseCommand):
    """Safe to repeat: what stands stays as it is, what is missing is done."""

    help = (
        "Fill the database with the demo world: 3 organizations, 20 people, 100 transfers. "
        "Safe to repeat. Passwords and API keys are in demo.json of the data directory."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--if-empty",
            action="store_true",
            help="Leave a database alone that is in use and was never seeded.",
        )
        parser.add_argument(
            "--now",
            type=_instant,
            help="The end of the story, ISO 8601 with an offset; it begins 30 days before.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.VAULTCRAFT_ENVIRONMENT not in ALLOWED_ENVIRONMENTS:
            raise CommandError("The demo world is for local settings only; nothing was done.")
        try:
            if options["if_empty"] and not wanted_when_empty():
                self.stdout.write("The database is in use and stays as it is.")
                return
            planted = plant(
                now=options["now"] or clock.now(),
                data_dir=settings.VAULTCRAFT_DATA_DIR,
                base_url=settings.VAULTCRAFT_BASE_URL,
                secret=settings.VAULTCRAFT_PEPPER,
            )
        except VaultCraftError as error:
            raise CommandError(f"{error.code}: {error.detail}") from error
        except (AlreadySeeding, UnreadableDemoFile) as error:
            raise CommandError(str(error)) from None
        self._tell(planted)
        if refused := seal(path=settings.VAULTCRAFT_HEADS_FILE):
            self.stdout.write(f"Its evidence is not sealed: {refused}.")

    def _tell(self, planted: Planted) -> None:
        path = settings.VAULTCRAFT_DATA_DIR / FILE_NAME
        self.stdout.write(f"The demo world stands. Passwords and API keys: {path}")
        for name in planted.replaced_keys:
            self.stdout.write(f"The API key of {name} was lost: revoked, and a new one issued.")
        if planted.unknown_passwords:
            self.stdout.write(
                "Nobody can tell these passwords any more, so they are not in the file: "
                + ", ".join(planted.unknown_passwords)
            )


def _instant(text: str) -> dt.datetime:
    try:
        instant: dt.datetime | None = dt.datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise argparse.ArgumentTypeError("write it like 2026-11-20T09:00:00+00:00")
    return instant
