"""Reading evidence; row-level security decides whose."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from django.db.models import QuerySet

from audit.models import AuditRecord


def records() -> QuerySet[AuditRecord]:
    """Every visible record, newest first."""
    return AuditRecord.objects.order_by("-id")


def records_about(subject_ids: Iterable[uuid.UUID]) -> QuerySet[AuditRecord]:
    """The visible records about any of these subjects, oldest first."""
    return AuditRecord.objects.filter(subject_id__in=list(subject_ids)).order_by("id")
