"""Who holds what, and the ways to stop, release and fund it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet

from accounts.policy import may
from kernel.admin import ReadOnlyAdmin, money
from kernel.ids import encode
from wallets.admin.linking import to_page
from wallets.models import Wallet


@admin.register(Wallet)
class WalletAdmin(ReadOnlyAdmin):
    """Who holds what."""

    list_display = ("handle", "holder", "available", "state", "kind", "organization")
    list_filter = ("kind", "currency", "account__status")
    list_select_related = ("organization", "owner", "currency", "account")
    search_fields = ("id", "handle", "owner__full_name", "organization__display_name")
    readonly_fields = ("public_id", "state", "available", "posted", "held")
    fields = (
        "public_id",
        "handle",
        "organization",
        "owner",
        "kind",
        "currency",
        "state",
        "available",
        "posted",
        "held",
        "account",
        "created_at",
    )
    actions = ("freeze", "unfreeze", "deposit", "withdraw")

    @admin.display(description="Id")
    def public_id(self, wallet: Wallet) -> str:
        """As the API and the dashboard call it."""
        return encode("wal", wallet.id)

    @admin.display(description="Holder")
    def holder(self, wallet: Wallet) -> str:
        """The person, or the organization itself."""
        return wallet.owner.full_name if wallet.owner else wallet.organization.display_name

    @admin.display(description="Status")
    def state(self, wallet: Wallet) -> str:
        """The status of its account, the one posting judges."""
        return str(wallet.account.get_status_display())

    @admin.display(description="Available")
    def available(self, wallet: Wallet) -> str:
        """What can be paid out now."""
        return money(wallet.account.available_minor, wallet.currency)

    @admin.display(description="Posted")
    def posted(self, wallet: Wallet) -> str:
        """What the books say."""
        return money(wallet.account.posted_minor, wallet.currency)

    @admin.display(description="Held")
    def held(self, wallet: Wallet) -> str:
        """What open holds reserve."""
        return money(wallet.account.held_minor, wallet.currency)

    @admin.action(description="Freeze…", permissions=["freeze"])
    def freeze(self, request: Any, queryset: QuerySet[Wallet]) -> Any:
        """To the page that asks for the reason."""
        return to_page(request, "admin:wallet-status", change="freeze")

    @admin.action(description="Unfreeze…", permissions=["unfreeze"])
    def unfreeze(self, request: Any, queryset: QuerySet[Wallet]) -> Any:
        """To the page that asks for the reason."""
        return to_page(request, "admin:wallet-status", change="unfreeze")

    @admin.action(description="Record a deposit…", permissions=["cash"])
    def deposit(self, request: Any, queryset: QuerySet[Wallet]) -> Any:
        """To the page that asks for amount and bank reference."""
        return to_page(request, "admin:wallet-cash", change="deposit")

    @admin.action(description="Record a withdrawal…", permissions=["cash"])
    def withdraw(self, request: Any, queryset: QuerySet[Wallet]) -> Any:
        """To the page that asks for amount and bank reference."""
        return to_page(request, "admin:wallet-cash", change="withdraw")

    def has_freeze_permission(self, request: Any) -> bool:
        """Whether the action is offered."""
        return may(request.actor, "wallets.freeze")

    def has_unfreeze_permission(self, request: Any) -> bool:
        """Whether the action is offered."""
        return may(request.actor, "wallets.unfreeze")

    def has_cash_permission(self, request: Any) -> bool:
        """Whether the action is offered."""
        return may(request.actor, "cash.move")
