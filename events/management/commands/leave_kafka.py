"""`manage.py leave_kafka`: Kafka is carried to no more, and the outbox keeps nothing for it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from events.relay.again import leave
from events.relay.cursor import KAFKA
from kernel.actor import Door, system


class Command(BaseCommand):
    help = "Forget how far the outbox is published to Kafka, once no relay carries to it."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.EVENT_BROKER == KAFKA:
            raise CommandError("VAULTCRAFT_EVENT_BROKER still says kafka.")
        left = leave(actor=system(door=Door.COMMAND, request_id="leave_kafka"), place=KAFKA)
        self.stdout.write("Kafka is left." if left else "There was no place for Kafka.")
