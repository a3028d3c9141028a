"""Housekeeping of this room."""

from __future__ import annotations

from celery import shared_task

from api.idempotency import purging
from kernel import clock


@shared_task(name="api.tasks.purge_idempotency_guards")
def purge_idempotency_guards() -> dict[str, int]:
    """Forget answers older than a week and guards older than a month."""
    return purging.purge_guards(now=clock.now())
