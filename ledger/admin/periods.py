"""Periods of the books, what every account showed over them, and closing one."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts import policy
from kernel.admin import ReadOnlyAdmin, money
from kernel.money import display
from ledger.choices import PeriodState
from ledger.models import Period, PeriodBalance
from ledger.queries import balances_of_period, proof_holds, totals_of_period

SHOWN = 200
_NOT_YET = "—"
_ACCOUNT = "{}<br><span class='quiet code'>{}</span>"


@admin.register(Period)
class PeriodAdmin(ReadOnlyAdmin):
    """Periods, the latest first; closed and withdrawn on pages that ask for confirmation."""

    list_display = ("closes_on", "organization", "state", "starts_at", "ends_at", "closed_at")
    list_filter = ("state", "closes_on")
    list_select_related = ("organization",)
    search_fields = ("id",)
    actions = ("close", "withdraw")
    fields = (
        "closes_on",
        "organization",
        "state",
        "starts_at",
        "ends_at",
        "opened_at",
        "closed_at",
        "withdrawn_at",
        "opening",
        "closing",
        "verdict",
        "totals",
        "balances",
    )
    readonly_fields = fields

    @admin.action(description="Close…", permissions=["close"])
    def close(self, request: Any, queryset: Any) -> Any:
        """To the page that asks for confirmation."""
        return _to("admin:period-close", request)

    @admin.action(description="Withdraw…", permissions=["close"])
    def withdraw(self, request: Any, queryset: Any) -> Any:
        """To the page that asks for confirmation."""
        return _to("admin:period-withdraw", request)

    def changelist_view(self, request: Any, extra_context: dict[str, Any] | None = None) -> Any:
        """As Django's, with the way to the page that opens a period."""
        context = {**(extra_context or {}), "may_open": self.has_close_permission(request)}
        return super().changelist_view(request, context)

    def has_close_permission(self, request: Any) -> bool:
        """Whether the action is offered."""
        return policy.may(request.actor, "ledger.manage_periods")

    @admin.display(description="Opening proof")
    def opening(self, period: Period) -> str | SafeString:
        """The closing proof of the period before."""
        return _hex(period.opening_proof)

    @admin.display(description="Closing proof")
    def closing(self, period: Period) -> str | SafeString:
        """SHA-256 over what every account showed at the end."""
        return _hex(period.closing_proof)

    @admin.display(description="Balances below")
    def verdict(self, period: Period) -> str:
        """Whether the kept balances still hash to the proof, computed now."""
        if period.state != PeriodState.CLOSED:
            return "Kept when the period closes"
        return "Agree with the proof" if proof_holds(period) else "DO NOT AGREE WITH THE PROOF"

    @admin.display(description="Sums")
    def totals(self, period: Period) -> str | SafeString:
        """Turnover and closing sides of each currency."""
        rows = [
            (
                total.currency,
                *(
                    display(amount_minor=minor, currency=total.currency, exponent=total.exponent)
                    for minor in (
                        total.debit_minor,
                        total.credit_minor,
                        total.closing_debit_minor,
                        total.closing_credit_minor,
                    )
                ),
            )
            for total in totals_of_period(period.id)
        ]
        heads = ("Currency", "Debits", "Credits", "Debit balances", "Credit balances")
        return _table(heads, rows) if rows else _NOT_YET

    @admin.display(description="Balances")
    def balances(self, period: Period) -> str | SafeString:
        """The first accounts that moved or stood at something, in chart order."""
        found = balances_of_period(period.id)
        moved = found.exclude(opening_minor=0, debit_minor=0, credit_minor=0)
        rows = [
            (
                format_html(
                    "{}<br><span class='quiet'>{}</span>", row.account.name, row.account.code
                ),
                *(
                    money(minor, row.account.currency)
                    for minor in (
                        row.opening_minor,
                        row.debit_minor,
                        row.credit_minor,
                        row.closing_minor,
                    )
                ),
            )
            for row in moved[:SHOWN]
        ]
        if period.state != PeriodState.CLOSED:
            return _NOT_YET
        table = _table(("Account", "Opening", "Debits", "Credits", "Closing"), rows)
        address = reverse("admin:ledger_periodbalance_changelist")
        return format_html(
            "{}<p><a href='{}?period__id__exact={}'>All {} accounts</a></p>",
            table,
            address,
            period.id,
            found.count(),
        )


@admin.register(PeriodBalance)
class PeriodBalanceAdmin(ReadOnlyAdmin):
    """What accounts showed over closed periods."""

    list_display = ("account", "period", "opening", "debits", "credits_", "closing")
    list_filter = ("period",)
    list_select_related = ("period", "account__currency")
    search_fields = ("account__code", "account__name")

    @admin.display(description="Opening")
    def opening(self, row: PeriodBalance) -> str:
        """Positive on the account's normal side."""
        return money(row.opening_minor, row.account.currency)

    @admin.display(description="Debits")
    def debits(self, row: PeriodBalance) -> str:
        """The sum of its debits."""
        return money(row.debit_minor, row.account.currency)

    @admin.display(description="Credits")
    def credits_(self, row: PeriodBalance) -> str:
        """The sum of its credits."""
        return money(row.credit_minor, row.account.currency)

    @admin.display(description="Closing")
    def closing(self, row: PeriodBalance) -> str:
        """Positive on the account's normal side."""
        return money(row.closing_minor, row.account.currency)


def _to(page: str, request: Any) -> Any:
    query = urlencode({"id": request.POST.getlist("_selected_action")}, doseq=True)
    return redirect(f"{reverse(page)}?{query}")


def _hex(proof: bytes | memoryview | None) -> str | SafeString:
    if proof is None:
        return _NOT_YET
    return format_html("<code class='proof'>{}</code>", bytes(proof).hex())


def _table(heads: tuple[str, ...], rows: list[tuple[Any, ...]]) -> SafeString:
    """Figures stand right of their account; wide ones scroll in their own box."""
    return format_html(
        "<div class='sheet sheet-scroll' tabindex='0' role='region' aria-label='{}'><table>"
        "<thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>",
        heads[0],
        format_html_join("", "<th scope='col' class='{}'>{}</th>", _cells(heads)),
        format_html_join(
            "",
            "<tr>{}</tr>",
            ((format_html_join("", "<td class='{}'>{}</td>", _cells(row)),) for row in rows),
        ),
    )


def _cells(row: tuple[Any, ...]) -> list[tuple[str, Any]]:
    return [("figure" if place else "", cell) for place, cell in enumerate(row)]
