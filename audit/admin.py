"""Evidence on the staff site."""

from __future__ import annotations

from django.contrib import admin

from audit.models import AuditRecord
from kernel.admin import ReadOnlyAdmin


@admin.register(AuditRecord)
class AuditRecordAdmin(ReadOnlyAdmin):
    """Who did what, newest first."""

    list_display = ("at", "action", "actor", "door", "subject_type", "subject_id", "ip")
    list_filter = ("door", "actor_kind", "at")
    search_fields = ("action", "actor_display", "actor_id", "subject_id", "request_id")

    @admin.display(ordering="actor_id")
    def actor(self, record: AuditRecord) -> str:
        """A key or program by name; a person by id, since a record must outlive their name."""
        return record.actor_display or f"{record.actor_kind} {record.actor_id or ''}".rstrip()
