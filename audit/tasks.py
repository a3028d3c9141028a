"""What this room does by the clock."""

from __future__ import annotations

from celery import shared_task
from django.conf import settings

from audit.services.heads import tell_heads
from audit.services.sealing import seal_records
from kernel import clock
from kernel.actor import Door, system
from kernel.ids import new_id

SEAL_SECONDS = 240


@shared_task(name="audit.tasks.seal", soft_time_limit=SEAL_SECONDS)
def seal() -> int:
    """Seal what was recorded and tell the heads; how many seals were made."""
    actor = system(door=Door.TASK, request_id=f"seal-{new_id()}")
    made = seal_records(actor=actor, now=clock.now())
    tell_heads(actor=actor, path=settings.VAULTCRAFT_HEADS_FILE)
    return made
