"""The chart of accounts, its currencies, and what organizations let each other owe."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import QuerySet
from django.shortcuts import redirect
from django.urls import reverse

from accounts.policy import may
from accounts.queries import DisplayName, display_name
from kernel.admin import ReadOnlyAdmin, money
from ledger.models import AccountGroup, ClearingCap, Currency, LedgerAccount


@admin.register(Currency)
class CurrencyAdmin(ReadOnlyAdmin):
    """The currencies and their exponents."""

    list_display = ("code", "name", "exponent")


@admin.register(AccountGroup)
class AccountGroupAdmin(ReadOnlyAdmin):
    """The headings of the charts, in chart order."""

    list_display = ("code", "name", "account_class", "parent", "organization")
    list_filter = ("account_class",)
    list_select_related = ("organization", "parent")
    search_fields = ("code", "name")


@admin.register(LedgerAccount)
class LedgerAccountAdmin(ReadOnlyAdmin):
    """The chart of accounts with balances."""

    list_display = ("name", "posted", "status", "kind", "organization", "code")
    list_filter = ("kind", "account_class", "status", "currency")
    list_select_related = ("organization", "currency")
    search_fields = ("code", "name")
    fields = (
        "name",
        "code",
        "organization",
        "kind",
        "account_class",
        "parent",
        "currency",
        "partner",
        "status",
        "posted",
        "held",
        "version",
        "last_recorded_at",
        "created_at",
    )
    readonly_fields = ("partner", "posted", "held")
    actions = ("rename", "close")

    @admin.action(description="Rename…", permissions=["manage"])
    def rename(self, request: Any, queryset: Any) -> Any:
        """To the page that asks for the name."""
        return _to("admin:account-rename", request)

    @admin.action(description="Close…", permissions=["manage"])
    def close(self, request: Any, queryset: Any) -> Any:
        """To the page that asks for confirmation."""
        return _to("admin:account-close", request)

    def has_manage_permission(self, request: Any) -> bool:
        """Whether the actions are offered."""
        return may(request.actor, "ledger.manage_chart")

    @admin.display(description="Counterparty")
    def partner(self, account: LedgerAccount) -> str | None:
        """Of a clearing account; the name is all that may be known of another organization."""
        return display_name(account.counterparty_id)

    @admin.display(description="Posted")
    def posted(self, account: LedgerAccount) -> str:
        """Positive on the account's normal side."""
        return money(account.posted_minor, account.currency)

    @admin.display(description="Held")
    def held(self, account: LedgerAccount) -> str:
        """Reserved by holds."""
        return money(account.held_minor, account.currency)


@admin.register(ClearingCap)
class ClearingCapAdmin(ReadOnlyAdmin):
    """What organizations let each other owe."""

    list_display = ("side", "partner", "cap", "currency", "set_at")
    list_select_related = ("currency",)
    fields = list_display
    readonly_fields = fields

    def get_queryset(self, request: Any) -> QuerySet[ClearingCap]:
        """Both sides' caps, with their names: either side sees both, and of the other no more."""
        caps: QuerySet[ClearingCap] = super().get_queryset(request)
        return caps.annotate(
            side_name=DisplayName("organization_id"), partner_name=DisplayName("counterparty_id")
        )

    @admin.display(description="Organization", ordering="organization_id")
    def side(self, row: Any) -> str | None:
        """Whose cap it is."""
        name: str | None = row.side_name
        return name

    @admin.display(description="Counterparty", ordering="counterparty_id")
    def partner(self, row: Any) -> str | None:
        """Who may owe that much."""
        name: str | None = row.partner_name
        return name

    @admin.display(description="Cap")
    def cap(self, row: ClearingCap) -> str:
        """The ceiling this side agreed to."""
        return money(row.cap_minor, row.currency)


def _to(page: str, request: Any) -> Any:
    query = urlencode({"id": request.POST.getlist("_selected_action")}, doseq=True)
    return redirect(f"{reverse(page)}?{query}")
