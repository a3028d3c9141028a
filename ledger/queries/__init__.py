"""Reading the books. Row-level security decides whose; nothing here takes a lock."""

from __future__ import annotations

from ledger.queries.accounts import account_of, accounts, clearing_accounts, currencies
from ledger.queries.balances import (
    Balance,
    TrialBalanceRow,
    TrialBalanceTotal,
    balance_of,
    trial_balance,
    trial_balance_totals,
)
from ledger.queries.journal import (
    entries_of_account,
    transaction_of,
    transactions,
    transactions_of_transfer,
)

__all__ = [
    "Balance",
    "TrialBalanceRow",
    "TrialBalanceTotal",
    "account_of",
    "accounts",
    "balance_of",
    "clearing_accounts",
    "currencies",
    "entries_of_account",
    "transaction_of",
    "transactions",
    "transactions_of_transfer",
    "trial_balance",
    "trial_balance_totals",
]
