"""The chart of accounts, its currencies, and what organizations let each other owe."""

from __future__ import annotations

from django.contrib import admin

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
        "counterparty",
        "status",
        "posted",
        "held",
        "version",
        "last_recorded_at",
        "created_at",
    )
    readonly_fields = ("posted", "held")

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

    list_display = ("organization", "counterparty", "cap", "currency", "set_at")
    list_select_related = ("organization", "counterparty", "currency")

    @admin.display(description="Cap")
    def cap(self, row: ClearingCap) -> str:
        """The ceiling this side agreed to."""
        return money(row.cap_minor, row.currency)
