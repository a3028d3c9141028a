"""`manage.py shred_person`: forget somebody whose account is closed, for ever and everywhere."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.services.erasing import shred_person
from kernel import clock
from kernel.actor import Door, system
from kernel.errors import VaultCraftError
from kernel.ids import MalformedId, decode, new_id


class Command(BaseCommand):
    """Nothing brings the data back, so the id is typed twice unless a script says so."""

    help = (
        "Erase a person: their keys are destroyed, and with them all that was sealed, in every"
        " backup; name and address are replaced. The account must be closed. Not to be undone."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("person", help="The person's id, usr_...")
        parser.add_argument("--confirm", help="The same id again; asked for on a terminal.")

    def handle(self, *args: Any, **options: Any) -> None:
        person = options["person"]
        _require_same(person, options["confirm"])
        try:
            user_id = decode("usr", person)
            actor = system(door=Door.COMMAND, request_id=f"shred_person-{new_id()}")
            shred_person(actor=actor, user_id=user_id, now=clock.now())
        except MalformedId:
            raise CommandError("That is no id of a person (usr_...).") from None
        except VaultCraftError as error:
            raise CommandError(error.detail) from None
        self.stdout.write(f"{person} is erased. Nothing brings it back.")


def _require_same(person: str, confirmed: str | None) -> None:
    if confirmed is None and sys.stdin.isatty():
        confirmed = input("This cannot be undone. Type the id again: ")
    if confirmed != person:
        raise CommandError("Nothing was erased: give the same id again, with --confirm.")
