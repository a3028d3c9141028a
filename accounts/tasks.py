"""What this room does by the clock."""

from __future__ import annotations

from celery import shared_task

from accounts.services.pending_acts import expire_overdue
from kernel import clock
from kernel.actor import Door, system
from kernel.ids import new_id

EXPIRE_SECONDS = 240


@shared_task(name="accounts.tasks.expire_pending_acts", soft_time_limit=EXPIRE_SECONDS)
def expire_pending_acts() -> int:
    """Tidy away what nobody decided in time."""
    actor = system(door=Door.TASK, request_id=f"expire_pending_acts-{new_id()}")
    return expire_overdue(actor=actor, now=clock.now())
