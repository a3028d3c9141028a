"""The books on the staff site: explored, never edited."""

from __future__ import annotations

from django.contrib import admin
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from kernel.admin import ReadOnlyAdmin, ReadOnlyInline, money
from kernel.ids import encode
from ledger.models import (
    ClearingCap,
    Currency,
    Entry,
    LedgerAccount,
    ReconcileFinding,
    ReconcileJob,
    Transaction,
)


@admin.register(Currency)
class CurrencyAdmin(ReadOnlyAdmin):
    """The currencies and their exponents."""

    list_display = ("code", "name", "exponent")


@admin.register(LedgerAccount)
class LedgerAccountAdmin(ReadOnlyAdmin):
    """The chart of accounts with balances."""

    list_display = ("name", "posted", "status", "kind", "organization", "code")
    list_filter = ("kind", "account_class", "status", "currency")
    list_select_related = ("organization", "currency")
    search_fields = ("code", "name")

    @admin.display(description="Posted")
    def posted(self, account: LedgerAccount) -> str:
        """Positive on the account's normal side."""
        return money(account.posted_minor, account.currency)

    @admin.display(description="Held")
    def held(self, account: LedgerAccount) -> str:
        """Reserved by holds."""
        return money(account.held_minor, account.currency)


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
    readonly_fields = ("public_id",)
    fields = (
        "public_id",
        "organization",
        "kind",
        "description",
        "transfer_id",
        "effective_at",
        "recorded_at",
        "metadata",
    )
    inlines = (EntryInline,)

    @admin.display(description="Id")
    def public_id(self, transaction: Transaction) -> str:
        """As the API and the dashboard call it."""
        return encode("txn", transaction.id)


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


@admin.register(ClearingCap)
class ClearingCapAdmin(ReadOnlyAdmin):
    """What organizations let each other owe."""

    list_display = ("organization", "counterparty", "cap", "currency", "set_at")
    list_select_related = ("organization", "counterparty", "currency")

    @admin.display(description="Cap")
    def cap(self, row: ClearingCap) -> str:
        """The ceiling this side agreed to."""
        return money(row.cap_minor, row.currency)


class ReconcileFindingInline(ReadOnlyInline):
    """What one check found, pass by pass."""

    model = ReconcileFinding
    verbose_name_plural = "findings (the first hundred of each pass)"
    fields = ("check_name", "rule", "subject", "subject_id", "organization_id", "figures")
    readonly_fields = fields
    ordering = ("id",)

    @admin.display(description="Figures")
    def figures(self, finding: ReconcileFinding) -> str:
        """The figures that show it."""
        return ", ".join(f"{name} {value}" for name, value in finding.facts.items())


@admin.register(ReconcileJob)
class ReconcileJobAdmin(ReadOnlyAdmin):
    """Checks of the books, newest first, and what they found."""

    list_display = ("started_at", "verdict", "whole", "visited", "seconds", "organization", "door")
    list_filter = ("whole", "started_at")
    list_select_related = ("organization",)
    search_fields = ("id", "request_id")
    fields = (
        "verdict",
        "whole",
        "organization",
        "started_at",
        "seconds",
        "door",
        "request_id",
        "what_passes_saw",
        "what_is_not_verified",
    )
    readonly_fields = fields
    inlines = (ReconcileFindingInline,)

    @admin.display(description="Verdict", ordering="found")
    def verdict(self, job: ReconcileJob) -> str:
        """Whether somebody must look."""
        return f"{job.found:,} findings" if job.found else "Books stand"

    @admin.display(description="Seconds")
    def seconds(self, job: ReconcileJob) -> str:
        """How long the passes took."""
        return f"{(job.finished_at - job.started_at).total_seconds():.2f}"

    @admin.display(description="Passes")
    def what_passes_saw(self, job: ReconcileJob) -> SafeString:
        """Every pass with its claim, rows, findings and seconds."""
        return format_html(
            "<table><thead><tr><th>Pass</th><th>Rows</th><th>Findings</th><th>Seconds</th>"
            "<th>Claim</th></tr></thead><tbody>{}</tbody></table>",
            format_html_join(
                "",
                "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
                (
                    (one["name"], one["visited"], one["found"], one["seconds"], one["claim"])
                    for one in job.passes
                ),
            ),
        )

    @admin.display(description="Not verified")
    def what_is_not_verified(self, job: ReconcileJob) -> SafeString:
        """What no pass looked at."""
        items = format_html_join("", "<li>{}</li>", ((what,) for what in job.not_verified))
        return format_html("<ul>{}</ul>", items)
