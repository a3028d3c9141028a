"""Reading the outbox; row-level security decides whose."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from django.db.models import QuerySet

from events.models import OutboxEvent


def events_about(subject_ids: Iterable[uuid.UUID]) -> QuerySet[OutboxEvent]:
    """The visible events about any of these subjects, oldest first."""
    return OutboxEvent.objects.filter(subject_id__in=list(subject_ids)).order_by("id")
