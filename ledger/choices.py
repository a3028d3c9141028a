"""Closed lists of words the books use."""

from __future__ import annotations

from django.db import models


class AccountClass(models.TextChoices):
    """The five classes of accounting; the class decides the normal side."""

    ASSET = "ASSET", "Asset"
    LIABILITY = "LIABILITY", "Liability"
    EQUITY = "EQUITY", "Equity"
    INCOME = "INCOME", "Income"
    EXPENSE = "EXPENSE", "Expense"


class AccountKind(models.TextChoices):
    """What an account is for."""

    WALLET = "WALLET", "Customer wallet"
    CASH = "CASH", "Cash at bank"
    CLEARING = "CLEARING", "Clearing with another organization"
    FEE_INCOME = "FEE_INCOME", "Fee income"
    FX_POSITION = "FX_POSITION", "Currency position"
    GENERAL = "GENERAL", "General account of the chart"


class AccountStatus(models.TextChoices):
    """What may happen on an account.

    FROZEN takes credits and no debits, SUSPENDED takes neither, CLOSED is final and empty.
    """

    ACTIVE = "ACTIVE", "Active"
    FROZEN = "FROZEN", "Frozen"
    SUSPENDED = "SUSPENDED", "Suspended"
    CLOSED = "CLOSED", "Closed"


class Side(models.TextChoices):
    DEBIT = "DEBIT", "Debit"
    CREDIT = "CREDIT", "Credit"


class TransactionKind(models.TextChoices):
    TRANSFER = "TRANSFER", "Transfer"
    DEPOSIT = "DEPOSIT", "Deposit"
    WITHDRAWAL = "WITHDRAWAL", "Withdrawal"
    CAPTURE = "CAPTURE", "Capture of a hold"
    REVERSAL = "REVERSAL", "Reversal"
    JOURNAL = "JOURNAL", "Manual journal"
    EXCHANGE = "EXCHANGE", "Currency exchange"
    SETTLEMENT = "SETTLEMENT", "Settlement"


class HoldState(models.TextChoices):
    """What became of a hold. All but OPEN are final, and reserve nothing more."""

    OPEN = "OPEN", "Open"
    CAPTURED = "CAPTURED", "Captured"
    VOIDED = "VOIDED", "Voided"
    EXPIRED = "EXPIRED", "Expired"


class PeriodState(models.TextChoices):
    """A period ends closed, or withdrawn as if it had never been defined; both are final."""

    OPEN = "OPEN", "Open"
    CLOSED = "CLOSED", "Closed"
    WITHDRAWN = "WITHDRAWN", "Withdrawn"


class Axis(models.TextChoices):
    """The two clocks of the books: when it was written, and from when it counts."""

    RECORDED = "recorded", "Recorded"
    EFFECTIVE = "effective", "Effective"
