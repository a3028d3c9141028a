"""Fees and limits: read as a list, set on a page of their own."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.urls import reverse

from accounts.policy import may
from kernel.admin import ReadOnlyAdmin, money
from kyc.choices import Tier
from wallets.admin.linking import to_page
from wallets.models import FeeSchedule, LimitRule


class TermsAdmin(ReadOnlyAdmin):
    """A list with a way to the page that sets one of its rows."""

    permission = ""
    page = ""
    page_label = ""
    change_list_template = "admin/terms_list.html"
    actions: tuple[str, ...] = ("change",)

    @admin.action(description="Change…", permissions=["set"])
    def change(self, request: Any, queryset: QuerySet[Any]) -> Any:
        """To the page that sets it, filled in with the ticked row."""
        return to_page(request, self.page)

    def has_set_permission(self, request: Any) -> bool:
        """Whether the action is offered."""
        return may(request.actor, self.permission)

    def changelist_view(self, request: Any, extra_context: dict[str, Any] | None = None) -> Any:
        """With the link, for who may."""
        offered = self.has_set_permission(request)
        link = {"url": reverse(self.page), "label": self.page_label} if offered else None
        return super().changelist_view(request, {**(extra_context or {}), "set_link": link})


@admin.register(FeeSchedule)
class FeeScheduleAdmin(TermsAdmin):
    """What payments cost the people of an organization."""

    permission, page, page_label = "wallets.set_fees", "admin:fee-set", "Set a fee"
    list_display = (
        "kind",
        "organization",
        "currency",
        "fixed",
        "percent",
        "floor",
        "ceiling",
    )
    list_filter = ("kind", "currency")
    list_select_related = ("organization", "currency")
    fields = (*list_display, "account", "set_at")
    readonly_fields = fields

    @admin.display(description="Fixed")
    def fixed(self, row: FeeSchedule) -> str:
        """For every movement."""
        return money(row.fixed_minor, row.currency)

    @admin.display(description="Percent")
    def percent(self, row: FeeSchedule) -> str:
        """Of the amount."""
        return f"{row.bps / 100:.2f}%"

    @admin.display(description="At least")
    def floor(self, row: FeeSchedule) -> str:
        """The lower bound."""
        return money(row.floor_minor, row.currency)

    @admin.display(description="At most")
    def ceiling(self, row: FeeSchedule) -> str:
        """The upper bound; a dash where there is none."""
        return money(row.ceiling_minor, row.currency)


@admin.register(LimitRule)
class LimitRuleAdmin(TermsAdmin):
    """How much people's wallets may pay out; a rule of nobody's holds for everybody else."""

    permission, page, page_label = "wallets.set_limits", "admin:limit-set", "Set a limit"
    actions = ("change", "withdraw")
    list_display = ("wallet_kind", "holders", "currency", "day", "month", "whose")
    list_filter = ("wallet_kind", "currency", "tier")
    list_select_related = ("organization", "currency")
    ordering = ("organization", "currency", "wallet_kind", "tier")
    fields = (*list_display, "set_at")
    readonly_fields = fields

    @admin.action(description="Withdraw…", permissions=["set"])
    def withdraw(self, request: Any, queryset: QuerySet[Any]) -> Any:
        """To the page that asks for confirmation."""
        return to_page(request, "admin:limit-general")

    def get_queryset(self, request: Any) -> QuerySet[LimitRule]:
        """The rules that hold; of a withdrawn one the audit record tells."""
        return super().get_queryset(request).filter(withdrawn_at__isnull=True)

    @admin.display(description="Organization", ordering="organization")
    def whose(self, row: LimitRule) -> str:
        """The organization, or everybody without a rule of their own."""
        return row.organization.display_name if row.organization else "Every organization"

    @admin.display(description="Holders", ordering="tier")
    def holders(self, row: LimitRule) -> str:
        """Of which tier."""
        return "Everybody" if row.tier is None else Tier(row.tier).label

    @admin.display(description="In one day")
    def day(self, row: LimitRule) -> str:
        """Of the organization's time zone."""
        return "No limit" if row.day_minor is None else money(row.day_minor, row.currency)

    @admin.display(description="In one month")
    def month(self, row: LimitRule) -> str:
        """Of the organization's time zone."""
        return "No limit" if row.month_minor is None else money(row.month_minor, row.currency)
