"""The queue of verifications on the staff site; a case is decided on a page of its own."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.policy import may
from kernel.admin import ReadOnlyAdmin
from kyc import queries
from kyc.models import Case


@admin.register(Case)
class CaseAdmin(ReadOnlyAdmin):
    """Cases, the longest waiting first; sealed details and their index stay out of sight."""

    list_display = ("user", "review", "state", "tier", "submitted_at", "organization")
    list_filter = ("state", "tier", "id_type")
    search_fields = ("user__full_name", "user__email", "id")
    ordering = ("submitted_at", "id")
    fields = (
        "id",
        "user",
        "organization",
        "tier",
        "state",
        "rounds",
        "country",
        "id_type",
        "reason",
        "created_at",
        "submitted_at",
        "decided_at",
    )
    readonly_fields = fields
    actions = ("open_review",)

    def get_queryset(self, request: Any) -> QuerySet[Case]:
        """For reviewers of the platform; nobody else has this list."""
        if not may(request.actor, "kyc.review"):
            return Case.objects.none()
        return queries.visible_cases(request.actor)

    @admin.display(description="Review")
    def review(self, row: Case) -> SafeString:
        """To the page that shows and decides it."""
        return format_html('<a href="{}?id={}">Review</a>', reverse("admin:case-review"), row.id)

    @admin.action(description="Review…", permissions=["review"])
    def open_review(self, request: Any, queryset: QuerySet[Case]) -> Any:
        """To the page that shows and decides the first of the ticked ones."""
        chosen = request.POST.getlist("_selected_action")[:1]
        return redirect(f"{reverse('admin:case-review')}?id={chosen[0] if chosen else ''}")

    def has_review_permission(self, request: Any) -> bool:
        """Whether the action is offered."""
        return may(request.actor, "kyc.review")
