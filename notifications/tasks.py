"""What this room does by the clock."""

from __future__ import annotations

from celery import shared_task

from kernel import clock
from kernel.actor import Door, system
from kernel.ids import new_id
from notifications.services.notices import forget_notices
from notifications.services.notices.forgetting import MOST

FORGET_SECONDS = 240
_BATCHES = 100


@shared_task(name="notifications.tasks.forget", soft_time_limit=FORGET_SECONDS)
def forget() -> int:
    """Let go of old notices; how many."""
    actor = system(door=Door.TASK, request_id=f"forget_notices-{new_id()}")
    total = 0
    for _ in range(_BATCHES):
        gone = forget_notices(actor=actor, now=clock.now())
        total += gone
        if gone < MOST:
            break
    return total
