"""What the backbone does by the clock."""

from __future__ import annotations

from celery import shared_task

from events.forgetting import forget_sent, forget_settled, forget_taken
from kernel import clock

FORGET_SECONDS = 240


@shared_task(name="events.tasks.forget", soft_time_limit=FORGET_SECONDS)
def forget() -> dict[str, int]:
    """Let go of what is published, taken or settled, and old."""
    now = clock.now()
    return {
        "sent": forget_sent(now=now),
        "taken": forget_taken(now=now),
        "settled": forget_settled(now=now),
    }
