"""What this room does by the clock."""

from __future__ import annotations

from celery import shared_task
from django.conf import settings

from audit.services.keeping import keep_chain
from kernel import clock
from kernel.actor import Door, system
from kernel.ids import new_id

SEAL_SECONDS = 240


@shared_task(name="audit.tasks.seal", soft_time_limit=SEAL_SECONDS)
def seal() -> int:
    """Seal what was recorded and tell the heads; how many seals were made."""
    actor = system(door=Door.TASK, request_id=f"seal-{new_id()}")
    return keep_chain(actor=actor, path=settings.VAULTCRAFT_HEADS_FILE, now=clock.now())
