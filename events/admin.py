"""The outbox on the staff site."""

from __future__ import annotations

from django.contrib import admin

from events.models import OutboxEvent, Saga
from kernel.admin import ReadOnlyAdmin


@admin.register(OutboxEvent)
class OutboxEventAdmin(ReadOnlyAdmin):
    """Facts waiting for, or carried by, the relay."""

    list_display = ("occurred_at", "name", "version", "subject_id", "actor_kind", "request_id")
    list_filter = ("occurred_at",)
    search_fields = ("name", "subject_id", "request_id")


@admin.register(Saga)
class SagaAdmin(ReadOnlyAdmin):
    """Acts of several steps: where each stands. STUCK ones wait for a person."""

    list_display = ("started_at", "name", "state", "step", "attempts", "reason", "due_at")
    list_filter = ("state", "name", "started_at")
    search_fields = ("id", "subject_id", "request_id")
