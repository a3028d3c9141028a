"""What was written: transactions and their entries."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from kernel.models import IdentifiedModel
from kernel.money import MAX_MINOR
from ledger.choices import Side, TransactionKind
from ledger.models.accounts import Currency, LedgerAccount
from ledger.models.holds import Hold


class Transaction(IdentifiedModel):
    """A balanced set of entries in one organization's books. Append-only."""

    # Listings by organization are served by `transaction_identity`.
    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="+", db_index=False
    )
    kind = models.TextField(choices=TransactionKind)
    reference = models.BinaryField(max_length=32, help_text="Unique in the organization, for ever.")
    transfer_id = models.UUIDField(null=True)
    reverses = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        related_name="reversals",
        db_constraint=False,
        db_index=False,
        help_text="The transaction this one undoes, whole or in part.",
    )
    hold = models.ForeignKey(
        Hold,
        models.PROTECT,
        null=True,
        related_name="captures",
        db_constraint=False,
        db_index=False,
        help_text="The hold this transaction captures.",
    )
    entry_count = models.PositiveSmallIntegerField()
    effective_at = models.DateTimeField(help_text="When it counts, from the door.")
    recorded_at = models.DateTimeField(help_text="When it was written, after the locks.")
    description = models.TextField(blank=True)
    metadata = models.JSONField(default=dict)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=["organization", "reference"], name="transaction_reference"
            ),
            # The target of the entries' composite foreign key, and the order of listings.
            models.UniqueConstraint(fields=["organization", "id"], name="transaction_identity"),
            models.CheckConstraint(condition=Q(entry_count__gte=2), name="transaction_two_entries"),
            models.CheckConstraint(
                condition=Q(kind__in=TransactionKind.values), name="transaction_kind"
            ),
            models.CheckConstraint(
                condition=Q(kind=TransactionKind.REVERSAL, reverses__isnull=False)
                | ~Q(kind=TransactionKind.REVERSAL) & Q(reverses__isnull=True),
                name="transaction_reversal_reverses",
            ),
            models.CheckConstraint(
                condition=Q(kind=TransactionKind.CAPTURE, hold__isnull=False)
                | ~Q(kind=TransactionKind.CAPTURE) & Q(hold__isnull=True),
                name="transaction_capture_has_hold",
            ),
            models.CheckConstraint(
                condition=Q(effective_at__lte=F("recorded_at")),
                name="transaction_effective_by_recorded",
            ),
        )
        indexes = (
            models.Index(
                fields=["reverses"],
                name="transaction_reverses",
                condition=Q(reverses__isnull=False),
            ),
            models.Index(fields=["hold"], name="transaction_hold", condition=Q(hold__isnull=False)),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class Entry(models.Model):
    """One side of a transaction on one account. Append-only.

    The two foreign keys are composite in the database, so an entry, its transaction and its account
    share one organization and currency.
    """

    transaction = models.ForeignKey(
        Transaction, models.PROTECT, related_name="entries", db_constraint=False, db_index=False
    )
    organization = models.ForeignKey(
        "accounts.Organization",
        models.PROTECT,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    seq = models.PositiveSmallIntegerField(help_text="From 1, in its transaction.")
    account = models.ForeignKey(
        LedgerAccount, models.PROTECT, related_name="entries", db_constraint=False, db_index=False
    )
    side = models.TextField(choices=Side)
    amount_minor = models.BigIntegerField()
    currency = models.ForeignKey(
        Currency, models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    balance_after_minor = models.BigIntegerField()
    version = models.BigIntegerField(help_text="From 1, in its account, without a gap.")
    effective_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    reverses = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        related_name="reversals",
        db_index=False,
        help_text="The entry this one undoes, whole or in part.",
    )

    class Meta:
        ordering = ("transaction", "seq")
        verbose_name_plural = "entries"
        constraints = (
            models.UniqueConstraint(fields=["account", "version"], name="entry_version"),
            models.UniqueConstraint(fields=["transaction", "seq"], name="entry_seq"),
            models.CheckConstraint(
                condition=Q(amount_minor__range=(1, MAX_MINOR)), name="entry_amount"
            ),
            models.CheckConstraint(condition=Q(side__in=Side.values), name="entry_side"),
        )
        indexes = (
            models.Index(
                fields=["reverses"], name="entry_reverses", condition=Q(reverses__isnull=False)
            ),
        )

    def __str__(self) -> str:
        return f"{self.side} {self.amount_minor} {self.currency_id} minor units"
