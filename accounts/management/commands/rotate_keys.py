"""`manage.py rotate_keys`: new keys for what is encrypted, while the product runs."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.services.vault import Plan, Progress, rotate_data, rotate_master, rotation_plan
from kernel import clock
from kernel.actor import Door, system
from kernel.ids import encode, new_id


class Command(BaseCommand):
    """Wrap data keys by the newest master key; with --data, give every owner a new data key too."""

    help = (
        "Wraps every data key by the newest version in VAULTCRAFT_MASTER_KEYS. Killed half-way, it"
        " goes on where it stopped when it is started again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--plan", action="store_true", help="Only say what is to do.")
        parser.add_argument(
            "--data", action="store_true", help="New data keys too; every value is sealed again."
        )

    def handle(self, *args: Any, plan: bool, data: bool, **options: Any) -> None:
        self.verbosity = int(options["verbosity"])
        actor = system(door=Door.COMMAND, request_id=encode("req", new_id()))
        self._tell_plan(rotation_plan(actor=actor))
        if plan:
            return
        done = rotate_master(actor=actor, now=clock.now(), report=self._tell)
        self.stdout.write(f"Wrapped again: {done.wrapped} data keys.")
        unreadable = done.unreadable
        if data:
            unreadable = unreadable + self._rotate_data(actor)
        for name in unreadable:
            self.stderr.write(f"Unreadable, left as it is: {name}")
        if unreadable:
            raise CommandError(f"All is done but what could not be read: {len(unreadable)}.")

    def _rotate_data(self, actor: Any) -> list[str]:
        done = rotate_data(actor=actor, now=clock.now(), report=self._tell)
        self.stdout.write(
            f"New data keys: {done.keys_made}. Sealed again: {done.sealed} values."
            f" Old keys shredded: {done.retired}."
        )
        return done.unreadable

    def _tell(self, progress: Progress) -> None:
        if self.verbosity > 1:
            self.stdout.write(f"  {progress}")

    def _tell_plan(self, plan: Plan) -> None:
        self.stdout.write(
            f"Master key version {plan.master_version}; {plan.to_wrap} data keys of"
            f" {plan.owners} owners are wrapped by an older one."
        )
        for name, count in plan.to_seal.items():
            self.stdout.write(f"{name}: {count} values under an older data key than the last.")
