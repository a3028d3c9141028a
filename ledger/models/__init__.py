"""The tables of the books.

Glossary. A **ledger account** has a class (asset, liability, equity, income, expense) and so a
normal side; a customer wallet is a liability of its organization. A **transaction** belongs to one
organization and is a balanced set of two or more **entries**, each a DEBIT or a CREDIT of a
positive amount on one account. Signs: `posted_minor` and `balance_after_minor` are positive on the
account's normal side. Amounts are minor units of the account's currency.

A movement between two organizations is two transactions, one in each one's books, that meet in a
pair of **clearing accounts**: what one side owes is what the other is owed. The **clearing cap**
both sides agreed on is the ceiling of that debt.

What the database holds by itself (see the migrations named `promises`): entries and transactions
are append-only; a statement trigger admits entries only as whole balanced transactions with
contiguous versions and exact resulting balances, and alone writes `posted_minor` and `version`.
"""

from __future__ import annotations

from ledger.models.accounts import AccountGroup, Currency, LedgerAccount
from ledger.models.clearing import ClearingCap
from ledger.models.entries import Entry, Transaction
from ledger.models.holds import Hold
from ledger.models.periods import Books, Period, PeriodBalance
from ledger.models.reconciliation import ReconcileFinding, ReconcileJob

__all__ = [
    "AccountGroup",
    "Books",
    "ClearingCap",
    "Currency",
    "Entry",
    "Hold",
    "LedgerAccount",
    "Period",
    "PeriodBalance",
    "ReconcileFinding",
    "ReconcileJob",
    "Transaction",
]
