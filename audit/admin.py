"""Evidence on the staff site."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet

from audit.models import AuditRecord, AuditSeal
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


@admin.register(AuditSeal)
class AuditSealAdmin(ReadOnlyAdmin):
    """The chain over all records, newest link first; for the platform, whose chain it is."""

    list_display = ("number", "sealed_at", "record_count", "kid", "digest_hex")
    list_filter = ("sealed_at", "kid")
    fields = ("number", "sealed_at", "record_count", "digest_hex", "previous_hex", "kid")

    def get_queryset(self, request: Any) -> QuerySet[AuditSeal]:
        """The seals without their leaves, which may be thousands."""
        seals = AuditSeal.objects.defer("sequences", "leaves")
        return seals if request.actor.is_platform else seals.none()

    @admin.display(description="Digest")
    def digest_hex(self, seal: AuditSeal) -> str:
        """As it is told elsewhere."""
        return bytes(seal.digest).hex()

    @admin.display(description="Digest of the seal before")
    def previous_hex(self, seal: AuditSeal) -> str:
        """What links it to the one before."""
        return bytes(seal.previous).hex()
