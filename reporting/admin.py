"""What consumers gave up, on the staff site, for whoever may give it to them again."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import QuerySet
from django.shortcuts import redirect
from django.urls import reverse

from accounts import policy
from events.admin import FailedDeliveryAdmin
from events.models import FailedDelivery
from reporting.services.dead_letters import REPLAY


@admin.register(FailedDelivery)
class DeadLetterAdmin(FailedDeliveryAdmin):
    """The failed deliveries, with what can be done about those that are dead."""

    actions = ("replay", "discard")

    @admin.action(description="Give to the consumer again…", permissions=["replay"])
    def replay(self, request: Any, queryset: QuerySet[FailedDelivery]) -> Any:
        """To the page that says what would come of it, and asks."""
        return _led("dead-letters-replay", request)

    @admin.action(description="Discard for good…", permissions=["replay"])
    def discard(self, request: Any, queryset: QuerySet[FailedDelivery]) -> Any:
        """To the page that asks for the reason."""
        return _led("dead-letters-discard", request)

    def has_replay_permission(self, request: Any) -> bool:
        """Whether the actions are offered."""
        return policy.may(request.actor, REPLAY)


def _led(page: str, request: Any) -> Any:
    query = urlencode({"id": request.POST.getlist("_selected_action")}, doseq=True)
    return redirect(f"{reverse(f'admin:{page}')}?{query}")
