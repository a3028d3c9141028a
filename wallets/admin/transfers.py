"""Transfers: what was asked for, what became of it, and what undid it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin

from accounts.queries import display_name
from kernel.admin import ReadOnlyAdmin, money
from kernel.ids import encode
from wallets.admin.linking import NOTHING, link, links
from wallets.models import Transfer, WalletHold
from wallets.policy import approved_by
from wallets.queries import reversals_of

_OF_THE_ASKING_SIDE = (
    "external_reference",
    "metadata",
    "actor_kind",
    "actor_display",
    "actor_id",
    "door",
    "approved_by",
    "approval_id",
    "checker_display",
    "pending_act_id",
    "request_id",
)
_HIDDEN_FROM_RECEIVERS = ("fee", *_OF_THE_ASKING_SIDE)


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
    readonly_fields = (
        "public_id",
        "payer",
        "payee",
        "amount",
        "fee",
        "taken_from",
        "gives_back",
        "given_back",
        "approved_by",
        "home",
        "elsewhere",
    )
    fields = (
        "public_id",
        "payer",
        "payee",
        "amount",
        "fee",
        "kind",
        "state",
        "reason_code",
        "description",
        "taken_from",
        "gives_back",
        "given_back",
        "home",
        "elsewhere",
        "source_transaction",
        "destination_transaction",
        *_OF_THE_ASKING_SIDE,
        "created_at",
        "completed_at",
        "effective_at",
    )

    def get_fields(self, request: Any, obj: Transfer | None = None) -> list[Any]:
        """The receiving organization learns neither who asked nor the payer's notes."""
        actor = request.actor
        home = obj is None or actor.is_platform or obj.organization_id == actor.organization_id
        return [name for name in self.fields if home or name not in _HIDDEN_FROM_RECEIVERS]

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

    @admin.display(description="Organization")
    def home(self, transfer: Transfer) -> str | None:
        """Whose transfer it is: not always the reader's own organization, so by its name alone."""
        return display_name(transfer.organization_id)

    @admin.display(description="Counterparty organization")
    def elsewhere(self, transfer: Transfer) -> str | None:
        """The other side's, if it is another."""
        return display_name(transfer.counterparty_organization_id)

    @admin.display(description="Amount")
    def amount(self, transfer: Transfer) -> str:
        """In the transfer's currency."""
        return money(transfer.amount_minor, transfer.currency)

    @admin.display(description="Fee")
    def fee(self, transfer: Transfer) -> str:
        """Paid on top by the payer; of a reversal, what of it was given back."""
        return money(transfer.fee_minor, transfer.currency)

    @admin.display(description="Approved by")
    def approved_by(self, transfer: Transfer) -> str:
        """How the person approved it; a key's scope stands for its own approval."""
        return approved_by(transfer) or NOTHING

    @admin.display(description="Taken from hold")
    def taken_from(self, transfer: Transfer) -> Any:
        """The hold of a capture, where the reader may see it."""
        seen = transfer.hold_id and WalletHold.objects.filter(hold_id=transfer.hold_id).exists()
        return link("wallets_wallethold", transfer.hold_id if seen else None, "Hold")

    @admin.display(description="Gives back")
    def gives_back(self, transfer: Transfer) -> Any:
        """What a reversal undoes."""
        original = transfer.reverses
        return _linked(original) if original else NOTHING

    @admin.display(description="Given back")
    def given_back(self, transfer: Transfer) -> Any:
        """The reversals of this transfer, and what is left of it."""
        back = list(reversals_of(transfer.id))
        if not back:
            return NOTHING
        left = transfer.amount_minor - sum(one.amount_minor for one in back)
        return links([*map(_linked, back), f"{money(left, transfer.currency)} left"])


def _linked(transfer: Transfer) -> Any:
    words = f"{money(transfer.amount_minor, transfer.currency)}, {transfer.created_at:%d %b %Y}"
    return link("wallets_transfer", transfer.id, words)


def _end(holder: str, handle: str) -> str:
    return f"{holder} {handle}" if handle else "Bank"
