"""Transactions and their entries."""

from __future__ import annotations

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from kernel.admin import ReadOnlyAdmin, ReadOnlyInline, money
from kernel.ids import encode
from ledger.models import Entry, Transaction

SHOWN = 50


class EntryInline(ReadOnlyInline):
    """The sides of one transaction."""

    model = Entry
    fields = ("seq", "account", "side", "amount", "balance_after", "version")
    readonly_fields = fields
    ordering = ("seq",)

    @admin.display(description="Amount")
    def amount(self, entry: Entry) -> str:
        """In the account's currency."""
        return money(entry.amount_minor, entry.currency)

    @admin.display(description="Balance after")
    def balance_after(self, entry: Entry) -> str:
        """Positive on the account's normal side."""
        return money(entry.balance_after_minor, entry.currency)


@admin.register(Transaction)
class TransactionAdmin(ReadOnlyAdmin):
    """Balanced sets of entries, newest first."""

    list_display = (
        "public_id",
        "organization",
        "kind",
        "entry_count",
        "description",
        "recorded_at",
    )
    list_filter = ("kind", "recorded_at")
    list_select_related = ("organization",)
    search_fields = ("id", "transfer_id")
    readonly_fields = ("public_id", "undone_by")
    fields = (
        "public_id",
        "organization",
        "kind",
        "description",
        "transfer_id",
        "reverses",
        "undone_by",
        "effective_at",
        "recorded_at",
        "metadata",
    )
    inlines = (EntryInline,)

    @admin.display(description="Id")
    def public_id(self, transaction: Transaction) -> str:
        """As the API and the dashboard call it."""
        return encode("txn", transaction.id)

    @admin.display(description="Undone by")
    def undone_by(self, transaction: Transaction) -> str | SafeString:
        """The first reversals of it, each a link."""
        found = Transaction.objects.filter(reverses=transaction.id).order_by("id")[:SHOWN]
        pages = [
            (reverse("admin:ledger_transaction_change", args=[one.id]), encode("txn", one.id))
            for one in found
        ]
        return format_html_join("", "<div><a href='{}'>{}</a></div>", pages) or "—"


@admin.register(Entry)
class EntryAdmin(ReadOnlyAdmin):
    """Every entry with the balance it left."""

    list_display = ("recorded_at", "account", "side", "amount", "balance_after", "transaction_id")
    list_filter = ("side", "currency")
    list_select_related = ("account", "currency")
    search_fields = ("account__code", "transaction__id")

    @admin.display(description="Amount")
    def amount(self, entry: Entry) -> str:
        """In the account's currency."""
        return money(entry.amount_minor, entry.currency)

    @admin.display(description="Balance after")
    def balance_after(self, entry: Entry) -> str:
        """Positive on the account's normal side."""
        return money(entry.balance_after_minor, entry.currency)
