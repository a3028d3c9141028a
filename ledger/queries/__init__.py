"""Reading the books. Row-level security decides whose; nothing here takes a lock."""

from __future__ import annotations

from ledger.queries.accounts import (
    account_groups,
    account_of,
    accounts,
    clearing_accounts,
    currencies,
)
from ledger.queries.balances import Balance, balance_of
from ledger.queries.journal import (
    Undone,
    entries_of_account,
    reversals_of,
    transaction_of,
    transactions,
    transactions_of_transfer,
)
from ledger.queries.periods import (
    PeriodTotal,
    balances_of_period,
    period_of,
    periods,
    proof_holds,
    totals_of_period,
)
from ledger.queries.stable import stable_until
from ledger.queries.statements import Position, Statement, StatementLine, statement_of
from ledger.queries.trial_balance import (
    TrialBalanceRow,
    TrialBalanceTotal,
    first_of_each_sheet,
    trial_balance,
    trial_balance_rows,
    trial_balance_totals,
)

__all__ = [
    "Balance",
    "PeriodTotal",
    "Position",
    "Statement",
    "StatementLine",
    "TrialBalanceRow",
    "TrialBalanceTotal",
    "Undone",
    "account_groups",
    "account_of",
    "accounts",
    "balance_of",
    "balances_of_period",
    "clearing_accounts",
    "currencies",
    "entries_of_account",
    "first_of_each_sheet",
    "period_of",
    "periods",
    "proof_holds",
    "reversals_of",
    "stable_until",
    "statement_of",
    "totals_of_period",
    "transaction_of",
    "transactions",
    "transactions_of_transfer",
    "trial_balance",
    "trial_balance_rows",
    "trial_balance_totals",
]
