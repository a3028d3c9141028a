"""Evidence on the staff site."""

from __future__ import annotations

from django.contrib import admin

from audit.models import AuditRecord
from kernel.admin import ReadOnlyAdmin


@admin.register(AuditRecord)
class AuditRecordAdmin(ReadOnlyAdmin):
    """Who did what, newest first."""

    list_display = ("at", "action", "actor_display", "door", "subject_type", "subject_id", "ip")
    list_filter = ("door", "actor_kind", "at")
    search_fields = ("action", "actor_display", "subject_id", "request_id")
