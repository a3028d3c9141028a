"""The outbox on the staff site, and what consumers could not take."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.html import format_html
from django.utils.timesince import timesince

from events.choices import DeliveryState
from events.models import FailedDelivery, OutboxEvent, Saga
from kernel import clock
from kernel.admin import ReadOnlyAdmin


@admin.register(OutboxEvent)
class OutboxEventAdmin(ReadOnlyAdmin):
    """Facts waiting for, or carried by, the relay."""

    list_display = ("occurred_at", "name", "version", "subject_id", "actor_kind", "request_id")
    list_filter = ("occurred_at",)
    search_fields = ("name", "subject_id", "request_id")


_TONES = {
    DeliveryState.RETRYING: "warn",
    DeliveryState.DEAD: "bad",
    DeliveryState.TAKEN: "good",
    DeliveryState.DISCARDED: "",
}


class FailedDeliveryAdmin(ReadOnlyAdmin):
    """Events that a consumer could not take, the newest failure first.

    Registered by the room that knows who may replay them: `reporting.admin`.

    Neither the message nor the whole error is shown: an error may quote what it stumbled over. Both
    are in the row, and the log has the traceback under the id of the event.
    """

    list_display = ("name", "consumer", "standing", "failure", "deliveries", "age")
    list_filter = ("state", "consumer", "failed_at")
    search_fields = ("name", "consumer", "event_id")
    ordering = ("-failed_at",)
    fields = (
        "name",
        "event_id",
        "organization_id",
        "consumer",
        "standing",
        "failure",
        "deliveries",
        "failed_at",
        "settled_at",
    )
    readonly_fields = ("standing", "failure")

    @admin.display(description="State", ordering="state")
    def standing(self, row: FailedDelivery) -> Any:
        """Tried again, given up, or over."""
        state = DeliveryState(row.state)
        tone = _TONES[state] and f"pill-{_TONES[state]}"
        return format_html('<span class="pill {}">{}</span>', tone, state.label.capitalize())

    @admin.display(description="Reason")
    def failure(self, row: FailedDelivery) -> str:
        """The kind of error, never its words."""
        return row.error.partition(":")[0]

    @admin.display(description="Failed", ordering="failed_at")
    def age(self, row: FailedDelivery) -> str:
        """How long ago it failed last, in one unit."""
        return f"{timesince(row.failed_at, clock.now(), depth=1)} ago"


@admin.register(Saga)
class SagaAdmin(ReadOnlyAdmin):
    """Acts of several steps: where each stands. STUCK ones wait for a person."""

    list_display = ("started_at", "name", "state", "step", "attempts", "reason", "due_at")
    list_filter = ("state", "name", "started_at")
    search_fields = ("id", "subject_id", "request_id")
