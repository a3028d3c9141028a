"""What the ledger does by the clock."""

from __future__ import annotations

from celery import shared_task

from kernel import clock
from kernel.actor import Door, system
from kernel.ids import new_id
from ledger.services.holds import reap_overdue_holds
from ledger.services.reconciliation import reconcile_when_due

VERIFY_SECONDS = 3600
REAP_SECONDS = 60


@shared_task(
    name="ledger.tasks.verify_books",
    # May outlast the broker's patience, which would hand it to a second worker; beat asks again.
    acks_late=False,
    soft_time_limit=VERIFY_SECONDS - 60,
    time_limit=VERIFY_SECONDS,
)
def verify_books() -> dict[str, int] | None:
    """Check all books when it is time; the job, its findings and the alarm the service keeps."""
    actor = system(door=Door.TASK, request_id=f"verify_books-{new_id()}")
    report = reconcile_when_due(actor=actor, now=clock.now())
    if report is None:
        return None
    return {"visited": report.visited, "found": report.found}


@shared_task(name="ledger.tasks.release_overdue_holds", soft_time_limit=REAP_SECONDS)
def release_overdue_holds() -> int:
    """Free the money of holds that ran out, where no posting has done so already."""
    actor = system(door=Door.TASK, request_id=f"release_overdue_holds-{new_id()}")
    return reap_overdue_holds(actor=actor, now=clock.now())
