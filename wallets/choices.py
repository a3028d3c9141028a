"""Closed lists of words about wallets and transfers."""

from __future__ import annotations

from django.db import models


class WalletKind(models.TextChoices):
    SAVINGS = "savings", "Savings"
    CURRENT = "current", "Current"
    MERCHANT = "merchant", "Merchant"


class TransferKind(models.TextChoices):
    TRANSFER = "transfer", "Transfer"
    DEPOSIT = "deposit", "Deposit"
    WITHDRAWAL = "withdrawal", "Withdrawal"
    CAPTURE = "capture", "Capture of a hold"
    REVERSAL = "reversal", "Reversal"
    PAYOUT = "payout", "Payout to a bank"


class TransferState(models.TextChoices):
    """PENDING waits for somebody, PROCESSING for something; the other three are final."""

    PENDING = "PENDING", "Pending"
    PROCESSING = "PROCESSING", "Processing"
    COMPLETED = "COMPLETED", "Completed"
    FAILED = "FAILED", "Failed"
    CANCELLED = "CANCELLED", "Cancelled"
