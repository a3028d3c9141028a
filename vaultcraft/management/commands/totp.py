"""`manage.py totp EMAIL`: the code that somebody of the demo world would read off their phone."""

from __future__ import annotations

from typing import Any

import pyotp
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from kernel import clock
from vaultcraft.seeding.demo_file import FILE_NAME, DemoFile, UnreadableDemoFile

ALLOWED_ENVIRONMENTS = ("local", "test")
STEP_SECONDS = 30


class Command(BaseCommand):
    """Reads demo.json; knows nothing of anybody else."""

    help = "Print the current code of a seeded person's authenticator app, from demo.json."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.VAULTCRAFT_ENVIRONMENT not in ALLOWED_ENVIRONMENTS:
            raise CommandError("The demo world is for local settings only.")
        try:
            demo = DemoFile(
                data_dir=settings.VAULTCRAFT_DATA_DIR, base_url=settings.VAULTCRAFT_BASE_URL
            )
        except UnreadableDemoFile as error:
            raise CommandError(str(error)) from None
        if not demo.existed:
            raise CommandError(f"There is no {FILE_NAME} at {settings.VAULTCRAFT_DATA_DIR}.")
        secret = demo.totp_secret_of(options["email"].strip().lower())
        if secret is None:
            raise CommandError(f"{FILE_NAME} has no authenticator app for this address.")
        now = clock.now()
        left = STEP_SECONDS - int(now.timestamp()) % STEP_SECONDS
        self.stdout.write(pyotp.TOTP(secret).at(now))
        self.stderr.write(f"Good for {left} seconds, and once.")
