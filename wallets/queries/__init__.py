"""Reading wallets and transfers. Row-level security hides other organizations; these rules hide
colleagues' money from who may not see it."""

from __future__ import annotations

from wallets.queries.movements import (
    ACCOUNT_NUMBER_FIELD,
    Payee,
    Reversed,
    handle_of_number,
    hold_of,
    holds_in,
    overdue_minor,
    payee_of,
    payout_of,
    reversals_of,
    reversed_sums,
    transfer_of,
    visible_holds,
    visible_transfers,
    visible_wallets,
    wallet_of,
    wallets_named,
)
from wallets.queries.terms import (
    LimitWindow,
    WalletLimits,
    dual_control_thresholds,
    fee_schedules,
    limit_rules,
    limits_by_wallet,
    limits_of,
    wallet_policy_of,
)

__all__ = [
    "ACCOUNT_NUMBER_FIELD",
    "LimitWindow",
    "Payee",
    "Reversed",
    "WalletLimits",
    "dual_control_thresholds",
    "fee_schedules",
    "handle_of_number",
    "hold_of",
    "holds_in",
    "limit_rules",
    "limits_by_wallet",
    "limits_of",
    "overdue_minor",
    "payee_of",
    "payout_of",
    "reversals_of",
    "reversed_sums",
    "transfer_of",
    "visible_holds",
    "visible_transfers",
    "visible_wallets",
    "wallet_of",
    "wallet_policy_of",
    "wallets_named",
]
