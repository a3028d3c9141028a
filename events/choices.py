"""States of what the events room keeps."""

from __future__ import annotations

from django.db.models import TextChoices


class DeliveryState(TextChoices):
    """Of an event that a consumer could not take at once."""

    RETRYING = "RETRYING", "tried again"
    DEAD = "DEAD", "dead letter"
    TAKEN = "TAKEN", "taken"
    DISCARDED = "DISCARDED", "discarded"


class SagaState(TextChoices):
    """Where a saga stands. COMPLETED and COMPENSATED are final; STUCK waits for a person."""

    RUNNING = "RUNNING", "running"
    COMPENSATING = "COMPENSATING", "undoing what was done"
    COMPLETED = "COMPLETED", "completed"
    COMPENSATED = "COMPENSATED", "undone"
    STUCK = "STUCK", "needs a person"


class AttemptState(TextChoices):
    """Of one attempt at a step. OPEN: noted before the call; LOST: who noted it did not return.

    UNBOOKED: the other side has answered, and what follows could not be written here.
    """

    OPEN = "OPEN", "about to"
    DONE = "DONE", "done"
    WAITING = "WAITING", "no answer yet"
    REFUSED = "REFUSED", "refused"
    FAILED = "FAILED", "failed"
    LOST = "LOST", "lost"
    UNBOOKED = "UNBOOKED", "answered, not booked"
