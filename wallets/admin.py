"""Wallets and transfers on the staff site. What changes them is confirmed on a page of its own."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import QuerySet
from django.shortcuts import redirect
from django.urls import reverse

from accounts.policy import may
from kernel.admin import ReadOnlyAdmin, money
from kernel.ids import encode
from wallets.models import Transfer, Wallet

_OF_THE_ASKING_SIDE = (
    "external_reference",
    "metadata",
    "actor_kind",
    "actor_display",
    "actor_id",
    "door",
    "request_id",
)


def _to_page(request: Any, page: str, **asked: str) -> Any:
    chosen = request.POST.getlist("_selected_action")
    return redirect(f"{reverse(page)}?{urlencode({**asked, 'id': chosen}, doseq=True)}")


@admin.register(Wallet)
class WalletAdmin(ReadOnlyAdmin):
    """Who holds what."""

    list_display = ("handle", "holder", "available", "state", "kind", "organization")
    list_filter = ("kind", "currency", "account__status")
    list_select_related = ("organization", "owner", "currency", "account")
    search_fields = ("id", "handle", "owner__full_name", "organization__display_name")
    readonly_fields = ("public_id", "state", "available", "posted")
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

    @admin.action(description="Freeze…", permissions=["freeze"])
    def freeze(self, request: Any, queryset: QuerySet[Wallet]) -> Any:
        """To the page that asks for the reason."""
        return _to_page(request, "admin:wallet-status", change="freeze")

    @admin.action(description="Unfreeze…", permissions=["unfreeze"])
    def unfreeze(self, request: Any, queryset: QuerySet[Wallet]) -> Any:
        """To the page that asks for the reason."""
        return _to_page(request, "admin:wallet-status", change="unfreeze")

    @admin.action(description="Record a deposit…", permissions=["cash"])
    def deposit(self, request: Any, queryset: QuerySet[Wallet]) -> Any:
        """To the page that asks for amount and bank reference."""
        return _to_page(request, "admin:wallet-cash", change="deposit")

    @admin.action(description="Record a withdrawal…", permissions=["cash"])
    def withdraw(self, request: Any, queryset: QuerySet[Wallet]) -> Any:
        """To the page that asks for amount and bank reference."""
        return _to_page(request, "admin:wallet-cash", change="withdraw")

    def has_freeze_permission(self, request: Any) -> bool:
        """Whether the action is offered."""
        return may(request.actor, "wallets.freeze")

    def has_unfreeze_permission(self, request: Any) -> bool:
        """Whether the action is offered."""
        return may(request.actor, "wallets.unfreeze")

    def has_cash_permission(self, request: Any) -> bool:
        """Whether the action is offered."""
        return may(request.actor, "cash.move")


@admin.register(Transfer)
class TransferAdmin(ReadOnlyAdmin):
    """What was asked for and what became of it."""

    list_display = ("created_at", "amount", "state", "payer", "payee", "kind", "reason_code")
    list_filter = ("state", "kind", "currency", "door", "created_at")
    list_select_related = ("currency",)
    search_fields = (
        "description",
        "id",
        "source_handle",
        "destination_handle",
        "source_holder",
        "destination_holder",
        "external_reference",
        "request_id",
    )
    readonly_fields = ("public_id", "payer", "payee", "amount")
    fields = (
        "public_id",
        "payer",
        "payee",
        "amount",
        "kind",
        "state",
        "reason_code",
        "description",
        "organization",
        "counterparty_organization",
        "source_transaction",
        "destination_transaction",
        *_OF_THE_ASKING_SIDE,
        "created_at",
        "completed_at",
    )

    def get_fields(self, request: Any, obj: Transfer | None = None) -> list[Any]:
        """The receiving organization learns neither who asked nor the payer's notes."""
        actor = request.actor
        home = obj is None or actor.is_platform or obj.organization_id == actor.organization_id
        return [name for name in self.fields if home or name not in _OF_THE_ASKING_SIDE]

    @admin.display(description="Id")
    def public_id(self, transfer: Transfer) -> str:
        """As the API and the dashboard call it."""
        return encode("trf", transfer.id)

    @admin.display(description="From")
    def payer(self, transfer: Transfer) -> str:
        """Holder and handle; the bank for a deposit."""
        return _end(transfer.source_holder, transfer.source_handle)

    @admin.display(description="To")
    def payee(self, transfer: Transfer) -> str:
        """Holder and handle; the bank for a withdrawal."""
        return _end(transfer.destination_holder, transfer.destination_handle)

    @admin.display(description="Amount")
    def amount(self, transfer: Transfer) -> str:
        """In the transfer's currency."""
        return money(transfer.amount_minor, transfer.currency)


def _end(holder: str, handle: str) -> str:
    return f"{holder} {handle}" if handle else "Bank"
