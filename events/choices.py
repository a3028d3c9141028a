"""States of what the events room keeps."""

from __future__ import annotations

from django.db.models import TextChoices


class DeliveryState(TextChoices):
    """Of an event that a consumer could not take at once."""

    RETRYING = "RETRYING", "tried again"
    DEAD = "DEAD", "dead letter"
    TAKEN = "TAKEN", "taken"
    DISCARDED = "DISCARDED", "discarded"
