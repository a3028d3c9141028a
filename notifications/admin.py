"""Webhooks on the staff site: looked at, never changed; secrets are not there at all."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet

from kernel.admin import ReadOnlyAdmin, ReadOnlyInline
from notifications import queries
from notifications.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(ReadOnlyAdmin):
    """Where organizations have their events sent."""

    list_display = ("url", "organization", "status", "status_reason", "failing_since")
    list_filter = ("status", "status_reason")
    list_select_related = ("organization",)
    search_fields = ("url", "description")

    def get_queryset(self, request: Any) -> QuerySet[WebhookEndpoint]:
        """One's own, or all for the platform."""
        return queries.visible_endpoints(request.actor)


class WebhookAttemptInline(ReadOnlyInline):
    """The requests of a delivery and their answers."""

    model = WebhookAttempt
    fields = ("number", "began_at", "took_ms", "address", "status", "failure", "answer_body")
    readonly_fields = fields
    ordering = ("-number",)


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin):
    """What was sent, and what came of it."""

    list_display = ("created_at", "event_name", "endpoint", "state", "attempts", "finished_at")
    list_filter = ("state",)
    list_select_related = ("endpoint",)
    search_fields = ("event_id", "event_name")
    inlines = (WebhookAttemptInline,)

    def get_queryset(self, request: Any) -> QuerySet[WebhookDelivery]:
        """One's own, or all for the platform."""
        return queries.visible_deliveries(request.actor)
