"""Wallets and what moves between them on the staff site: looked at, never typed over.

What changes them is confirmed on a page of its own.
"""

from wallets.admin.holds import WalletHoldAdmin
from wallets.admin.terms import FeeScheduleAdmin, LimitRuleAdmin
from wallets.admin.transfers import TransferAdmin
from wallets.admin.wallets import WalletAdmin

__all__ = [
    "FeeScheduleAdmin",
    "LimitRuleAdmin",
    "TransferAdmin",
    "WalletAdmin",
    "WalletHoldAdmin",
]
