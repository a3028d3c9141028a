"""Events of wallets and of what moves between them."""

from __future__ import annotations

from collections.abc import Mapping

from events.catalogue.shapes import (
    COUNT,
    MINOR,
    OPTIONAL_MINOR,
    OPTIONAL_TEXT,
    OPTIONAL_UUID,
    TEXT,
    UUID,
    EventType,
)

_TRANSFER = {
    "transfer_id": UUID,
    "kind": TEXT,
    "state": TEXT,
    "reason_code": OPTIONAL_TEXT,
    "source_wallet_id": OPTIONAL_UUID,
    "destination_wallet_id": OPTIONAL_UUID,
    "amount_minor": MINOR,
    "fee_minor": MINOR,
    "currency": TEXT,
    "hold_id": OPTIONAL_UUID,
    "reverses_transfer_id": OPTIONAL_UUID,
    "effective_at": OPTIONAL_TEXT,
}
_PAYOUT = {**_TRANSFER, "rail_reference": OPTIONAL_TEXT}
_HOLD = {
    "hold_id": UUID,
    "source_wallet_id": UUID,
    "destination_wallet_id": OPTIONAL_UUID,
    "amount_minor": MINOR,
    "captured_minor": MINOR,
    "released_minor": MINOR,
    "fee_minor": MINOR,
    "fee_captured_minor": MINOR,
    "currency": TEXT,
    "expires_at": TEXT,
}
_FEES = {
    "kind": TEXT,
    "currency": TEXT,
    "fixed_minor": MINOR,
    "bps": {"type": "integer", "minimum": 0, "maximum": 10_000},
    "floor_minor": MINOR,
    "ceiling_minor": OPTIONAL_MINOR,
}
_LIMITS = {
    "wallet_kind": TEXT,
    "currency": TEXT,
    "tier": {"type": ["integer", "null"], "minimum": 0, "maximum": 2},
    "day_minor": OPTIONAL_MINOR,
    "month_minor": OPTIONAL_MINOR,
}
_WALLET = {
    "wallet_id": UUID,
    "account_id": UUID,
    "handle": TEXT,
    "kind": TEXT,
    "currency": TEXT,
    "status": TEXT,
}
_FLAG: Mapping[str, object] = {"type": "boolean"}

WALLETS = (
    EventType("wallets.transfer.completed", "Money moved.", _TRANSFER),
    EventType("wallets.transfer.failed", "A transfer was refused; no money moved.", _TRANSFER),
    EventType("wallets.transfer.cancelled", "A transfer was withheld; no money moved.", _TRANSFER),
    EventType("wallets.payout.requested", "Money is reserved to leave for a bank.", _PAYOUT),
    EventType("wallets.payout.completed", "A bank was paid.", _PAYOUT),
    EventType("wallets.payout.failed", "No bank was paid; the money is free again.", _PAYOUT),
    EventType("wallets.hold.placed", "Money was reserved.", _HOLD),
    EventType("wallets.hold.voided", "Reserved money is free again.", _HOLD),
    EventType("wallets.fee_schedule.set", "A payment costs something else now.", _FEES),
    EventType("wallets.limit_rule.set", "Wallets may spend another amount now.", _LIMITS),
    EventType(
        "wallets.dual_control_threshold.set",
        "Payments take a second person from another amount on.",
        {"currency": TEXT, "threshold_minor": OPTIONAL_MINOR, "counts_keys": _FLAG},
    ),
    EventType("wallets.limit_rule.withdrawn", "The general limits hold again.", _LIMITS),
    EventType(
        "wallets.wallet_policy.set",
        "Holders may have another number of wallets.",
        {"per_kind": COUNT, "members_open": _FLAG},
    ),
    EventType("wallets.wallet.opened", "A wallet exists.", _WALLET),
    EventType("wallets.wallet.frozen", "A wallet stopped paying out.", _WALLET),
    EventType("wallets.wallet.unfrozen", "A wallet may pay out again.", _WALLET),
    EventType("wallets.wallet.suspended", "The platform stopped a wallet.", _WALLET),
    EventType("wallets.wallet.closed", "A wallet ended, at zero.", _WALLET),
)
