"""Wallets and the transfers between them.

A wallet is the customer's view of one liability account in the books: its balances and its status
stand on that account and nowhere else. A transfer is the request and its outcome; what it moved is
in the transactions it points to.

Fees and limits are terms under which people's wallets pay out.
"""

from __future__ import annotations

from wallets.models.account_numbers import AccountNumber
from wallets.models.beneficiaries import Beneficiary
from wallets.models.holds import WalletHold
from wallets.models.policies import WalletPolicy
from wallets.models.terms import FeeSchedule, LimitRule, SpendingUsage
from wallets.models.thresholds import DualControlThreshold, UncheckedSum
from wallets.models.transfers import Transfer
from wallets.models.wallets import Wallet

__all__ = [
    "AccountNumber",
    "Beneficiary",
    "DualControlThreshold",
    "FeeSchedule",
    "LimitRule",
    "SpendingUsage",
    "Transfer",
    "UncheckedSum",
    "Wallet",
    "WalletHold",
    "WalletPolicy",
]
