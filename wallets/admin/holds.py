"""Holds by age: what is reserved for how long, and what should have been freed."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import admin
from django.db.models import F, QuerySet
from django.utils.formats import localize

from accounts.queries import display_name
from kernel import clock
from kernel.admin import ReadOnlyAdmin, money
from kernel.ids import encode
from ledger.choices import HoldState
from wallets.admin.linking import NOTHING, link, links, pill
from wallets.models import Transfer, WalletHold

OLD = dt.timedelta(days=7)
_TONES = {HoldState.CAPTURED: "good"}


class AgeFilter(admin.SimpleListFilter):
    """The questions about holds: which are open, which are old, which are stuck."""

    title = "age"
    parameter_name = "age"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, str]]:
        """The closed list."""
        return [
            ("open", "Open"),
            ("old", f"Open for more than {OLD.days} days"),
            ("stuck", "Ran out, not freed"),
            ("ended", "Ended"),
        ]

    def queryset(self, request: Any, queryset: QuerySet[WalletHold]) -> QuerySet[WalletHold]:
        """The holds of one answer."""
        now, opened = clock.now(), queryset.filter(hold__state=HoldState.OPEN)
        found = {
            "open": opened,
            "old": opened.filter(hold__placed_at__lt=now - OLD),
            "stuck": opened.filter(hold__expires_at__lte=now),
            "ended": queryset.exclude(hold__state=HoldState.OPEN),
        }
        return found.get(self.value() or "", queryset)


@admin.register(WalletHold)
class WalletHoldAdmin(ReadOnlyAdmin):
    """Open holds first, the oldest on top."""

    list_display = ("age", "state", "remaining", "runs_out", "account", "payee", "placed")
    list_filter = (AgeFilter, "hold__state", "currency")
    list_select_related = ("hold", "source", "currency")
    ordering = (F("hold__ended_at").desc(nulls_first=True), "hold__placed_at")
    search_fields = (
        "hold__id",
        "source_handle",
        "source_holder",
        "destination_handle",
        "destination_holder",
        "description",
    )
    fields = (
        "public_id",
        "state",
        "amount",
        "captured",
        "released",
        "remaining",
        "fee",
        "fee_captured",
        "account",
        "payee",
        "description",
        "organization",
        "elsewhere",
        "placed",
        "age",
        "runs_out",
        "ended",
        "captures",
        "metadata",
        "actor_kind",
        "actor_display",
        "actor_id",
        "door",
        "request_id",
    )
    readonly_fields = fields

    @admin.display(description="Id")
    def public_id(self, hold: WalletHold) -> str:
        """As the dashboard calls it."""
        return encode("hld", hold.hold_id)

    @admin.display(description="Counterparty organization")
    def elsewhere(self, hold: WalletHold) -> str | None:
        """Of the other side; its name is all that may be known of it."""
        return display_name(hold.counterparty_organization_id)

    @admin.display(description="Placed", ordering="hold__placed_at")
    def placed(self, hold: WalletHold) -> str:
        """When the money was reserved."""
        return str(localize(hold.hold.placed_at))

    @admin.display(description="State", ordering="hold__state")
    def state(self, hold: WalletHold) -> Any:
        """An open hold that ran out stands out: its money should be free."""
        if _is_stuck(hold):
            return pill("Ran out, not freed", "bad")
        if hold.hold.state == HoldState.OPEN and clock.now() - hold.hold.placed_at > OLD:
            return pill("Open, old", "warn")
        state = HoldState(hold.hold.state)
        return pill(state.label, _TONES.get(state, ""))

    @admin.display(description="Still held")
    def remaining(self, hold: WalletHold) -> str:
        """What is neither captured nor freed."""
        return money(hold.hold.remaining_minor, hold.currency)

    @admin.display(description="Amount")
    def amount(self, hold: WalletHold) -> str:
        """What was reserved."""
        return money(hold.hold.amount_minor, hold.currency)

    @admin.display(description="Captured")
    def captured(self, hold: WalletHold) -> str:
        """What was paid out of it."""
        return money(hold.hold.captured_minor, hold.currency)

    @admin.display(description="Freed")
    def released(self, hold: WalletHold) -> str:
        """What was let go."""
        return money(hold.hold.released_minor, hold.currency)

    @admin.display(description="Fee")
    def fee(self, hold: WalletHold) -> str:
        """What was reserved on top of the amount."""
        return money(hold.hold.fee_minor, hold.currency)

    @admin.display(description="Fee captured")
    def fee_captured(self, hold: WalletHold) -> str:
        """What captures took of it."""
        return money(hold.hold.fee_captured_minor, hold.currency)

    @admin.display(description="Age")
    def age(self, hold: WalletHold) -> str:
        """How long the money is, or was, reserved."""
        return _span((hold.hold.ended_at or clock.now()) - hold.hold.placed_at)

    @admin.display(description="Runs out", ordering="hold__expires_at")
    def runs_out(self, hold: WalletHold) -> str:
        """How far its end is."""
        if hold.hold.ended_at:
            return "Ended"
        left = hold.hold.expires_at - clock.now()
        return f"in {_span(left)}" if left > dt.timedelta() else f"{_span(-left)} ago"

    @admin.display(description="Ended", ordering="hold__ended_at")
    def ended(self, hold: WalletHold) -> str:
        """When nothing was reserved any more."""
        return str(localize(hold.hold.ended_at)) if hold.hold.ended_at else NOTHING

    @admin.display(description="Held on")
    def account(self, hold: WalletHold) -> Any:
        """The ledger account, and whose wallet it is."""
        words = f"{hold.source_holder} {hold.source_handle}"
        return link("ledger_ledgeraccount", hold.source.account_id, words)

    @admin.display(description="For")
    def payee(self, hold: WalletHold) -> str:
        """Holder and handle."""
        return f"{hold.destination_holder} {hold.destination_handle}"

    @admin.display(description="Captures")
    def captures(self, hold: WalletHold) -> Any:
        """The transfers that took from it."""
        taken = Transfer.objects.filter(hold_id=hold.hold_id).select_related("currency")
        return links(
            link(
                "wallets_transfer",
                one.id,
                f"{money(one.amount_minor, one.currency)}, {one.get_state_display()}",
            )
            for one in taken.order_by("id")
        )


def _is_stuck(hold: WalletHold) -> bool:
    return hold.hold.state == HoldState.OPEN and hold.hold.expires_at <= clock.now()


def _span(span: dt.timedelta) -> str:
    """The largest unit that fits: days, hours or minutes."""
    minutes = int(span.total_seconds()) // 60
    for unit, size in (("day", 1440), ("hour", 60)):
        if minutes >= size:
            count = minutes // size
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return f"{minutes} min"
