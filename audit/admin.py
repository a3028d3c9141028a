"""Evidence on the staff site."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import format_html

from audit.models import AuditRecord, AuditSeal
from audit.people import names_of
from kernel.actor import ActorKind
from kernel.admin import CarefulList, ReadOnlyAdmin


class NamedList(CarefulList):
    """A page of records that knows the names of its people, asked for once."""

    def get_results(self, request: Any) -> None:
        """As before, and with names."""
        super().get_results(request)
        named = names_of({one for record in self.result_list for one in _people_of(record)})
        for record in self.result_list:
            record.names = named


@admin.register(AuditRecord)
class AuditRecordAdmin(ReadOnlyAdmin):
    """Who did what, newest first; people by the names they have today, for as long as they do."""

    list_display = ("at", "action", "actor", "subject", "subject_type", "door", "ip")
    list_filter = ("door", "actor_kind", "at")
    search_fields = ("action", "actor_display", "actor_id", "subject_id", "request_id")
    fields = (
        "at",
        "action",
        "actor",
        "actor_kind",
        "actor_id",
        "subject",
        "subject_type",
        "subject_id",
        "organization_id",
        "door",
        "scope",
        "request_id",
        "ip",
        "metadata",
    )

    def get_changelist(self, request: Any, **kwargs: Any) -> type[NamedList]:
        """The list with names."""
        return NamedList

    @admin.display(ordering="actor_id")
    def actor(self, record: AuditRecord) -> str:
        """A key or program by the name in the record; a person by name, or by id once erased."""
        if record.actor_display:
            return record.actor_display
        return _linked(record, record.actor_id) or f"{record.actor_kind} {record.actor_id or ''}"

    @admin.display(ordering="subject_id")
    def subject(self, record: AuditRecord) -> str:
        """A person by name, or by id once erased; everything else by id."""
        return _linked(record, record.subject_id) or str(record.subject_id or "—")


def _people_of(record: AuditRecord) -> list[uuid.UUID]:
    """Ids in a record that may be people's."""
    actor = record.actor_id if record.actor_kind == ActorKind.USER else None
    subject = record.subject_id if record.subject_type == "user" else None
    return [one for one in (actor, subject) if one is not None]


def _linked(record: Any, person: uuid.UUID | None) -> str:
    """A person's name as a link to their page; empty for whoever has none, or is not in view."""
    named = getattr(record, "names", None)
    if named is None:
        named = record.names = names_of(_people_of(record))
    if person is None or person not in named:
        return ""
    people = get_user_model()._meta
    page = reverse(f"admin:{people.app_label}_{people.model_name}_change", args=[person])
    return format_html('<a href="{}">{}</a>', page, named[person])


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
