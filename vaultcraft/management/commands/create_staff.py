"""`manage.py create_staff`: the first person of the platform's own staff, and the first limits."""

from __future__ import annotations

import getpass
import os
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.choices import PlatformRole
from accounts.queries import visible_people
from accounts.services.staff import create_staff
from kernel import clock
from kernel.actor import Actor, Door, system
from kernel.context import reading
from kernel.errors import VaultCraftError
from kernel.ids import encode, new_id
from wallets.services.first_limits import set_first_limits

PASSWORD_VARIABLE = "VAULTCRAFT_STAFF_PASSWORD"  # noqa: S105 - a variable's name


class Command(BaseCommand):
    """Arguments are visible to every process, so the password is never one."""

    help = (
        "Create platform staff. The password is read from standard input, or from"
        f" {PASSWORD_VARIABLE}; on a terminal it is asked for."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--email", required=True)
        parser.add_argument("--name", required=True)
        parser.add_argument(
            "--role", choices=PlatformRole.values, default=PlatformRole.SUPER_ADMIN.value
        )

    def handle(self, *args: Any, **options: Any) -> None:
        actor = system(door=Door.COMMAND, request_id=f"create_staff-{new_id()}")
        password = _password()
        try:
            # First: killed in between, nobody is there yet and the next try finishes it.
            limited = _is_first(actor) and set_first_limits(actor=actor, now=clock.now())
            user = create_staff(
                actor=actor,
                email=options["email"],
                full_name=options["name"],
                platform_role=options["role"],
                password=password,
                now=clock.now(),
            )
        except VaultCraftError as error:
            raise CommandError(error.detail) from None
        self.stdout.write(f"{encode('usr', user.id)} {user.email} {user.platform_role}")
        if limited:
            self.stdout.write(
                f"What unverified people may spend is limited in {limited} currencies."
            )


def _is_first(actor: Actor) -> bool:
    """Whether the installation is fresh: limits that stand are nobody's business to add to."""
    with reading(actor):
        return not visible_people(actor).filter(platform_role__isnull=False).exists()


def _password() -> str:
    password = os.environ.get(PASSWORD_VARIABLE)
    if password is None:
        password = getpass.getpass() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise CommandError(f"Give the password on standard input or in {PASSWORD_VARIABLE}.")
    return password
