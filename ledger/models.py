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

from django.db import models
from django.db.models import F, Q

from kernel.models import IdentifiedModel
from kernel.money import MAX_MINOR
from ledger.choices import AccountClass, AccountKind, AccountStatus, Side, TransactionKind


class Currency(models.Model):
    """A currency and the number of digits its minor unit stands behind the point (0, 2 or 3)."""

    code = models.CharField(max_length=3, primary_key=True)
    name = models.TextField()
    exponent = models.PositiveSmallIntegerField()

    class Meta:
        verbose_name_plural = "currencies"
        ordering = ("code",)
        constraints = (
            models.CheckConstraint(condition=Q(exponent__in=(0, 2, 3)), name="currency_exponent"),
            models.CheckConstraint(condition=Q(code__regex="^[A-Z]{3}$"), name="currency_code"),
        )

    def __str__(self) -> str:
        return self.code


class LedgerAccount(IdentifiedModel):
    """One account of one organization in one currency."""

    organization = models.ForeignKey("accounts.Organization", models.PROTECT, related_name="+")
    kind = models.TextField(choices=AccountKind)
    account_class = models.TextField(choices=AccountClass)
    currency = models.ForeignKey(Currency, models.PROTECT, related_name="+")
    code = models.TextField(help_text="Unique in the organization and currency.")
    name = models.TextField()
    counterparty = models.ForeignKey(
        "accounts.Organization",
        models.PROTECT,
        null=True,
        related_name="+",
        help_text="The other side, for clearing accounts.",
    )
    status = models.TextField(choices=AccountStatus, default=AccountStatus.ACTIVE)
    stopped_by_platform = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Whether only the platform may lift the present status.",
    )
    posted_minor = models.BigIntegerField(default=0, db_default=0)
    held_minor = models.BigIntegerField(default=0, db_default=0)
    floor_minor = models.BigIntegerField(null=True, help_text="Null: may go negative.")
    ceiling_minor = models.BigIntegerField(null=True, help_text="Null: no ceiling.")
    version = models.BigIntegerField(default=0, db_default=0)
    last_recorded_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("code",)
        constraints = (
            models.UniqueConstraint(
                fields=["organization", "currency", "code"], name="account_code"
            ),
            # The target of the entries' composite foreign key.
            models.UniqueConstraint(
                fields=["id", "organization", "currency"], name="account_identity"
            ),
            models.UniqueConstraint(
                fields=["organization", "counterparty", "currency"],
                condition=Q(kind=AccountKind.CLEARING),
                name="account_one_clearing_per_pair",
            ),
            models.CheckConstraint(
                condition=Q(floor_minor__isnull=True)
                | Q(posted_minor__gte=F("floor_minor") + F("held_minor")),
                name="account_above_floor",
            ),
            models.CheckConstraint(
                condition=Q(ceiling_minor__isnull=True) | Q(posted_minor__lte=F("ceiling_minor")),
                name="account_below_ceiling",
            ),
            models.CheckConstraint(
                condition=Q(posted_minor__range=(-MAX_MINOR, MAX_MINOR)), name="account_range"
            ),
            models.CheckConstraint(condition=Q(held_minor__gte=0), name="account_held"),
            models.CheckConstraint(
                condition=Q(kind=AccountKind.CLEARING)
                | Q(floor_minor__isnull=False, floor_minor__gte=0),
                name="account_has_floor",
            ),
            models.CheckConstraint(
                condition=Q(kind=AccountKind.WALLET, account_class=AccountClass.LIABILITY)
                | Q(kind=AccountKind.CASH, account_class=AccountClass.ASSET)
                | Q(kind=AccountKind.CLEARING, account_class=AccountClass.LIABILITY),
                name="account_kind_has_class",
            ),
            models.CheckConstraint(
                condition=Q(kind=AccountKind.CLEARING) & Q(counterparty__isnull=False)
                | ~Q(kind=AccountKind.CLEARING) & Q(counterparty__isnull=True),
                name="account_clearing_has_counterparty",
            ),
            models.CheckConstraint(
                condition=Q(counterparty__isnull=True) | ~Q(counterparty=F("organization")),
                name="account_counterparty_is_another",
            ),
            models.CheckConstraint(
                condition=~Q(kind=AccountKind.CLEARING) | Q(ceiling_minor__isnull=False),
                name="account_clearing_has_ceiling",
            ),
            models.CheckConstraint(
                condition=Q(status__in=AccountStatus.values), name="account_status"
            ),
            models.CheckConstraint(
                condition=Q(account_class__in=AccountClass.values), name="account_class"
            ),
        )

    def __str__(self) -> str:
        return f"{self.code} {self.currency_id}"

    @property
    def available_minor(self) -> int:
        """What can be paid out now: posted less held, above the floor."""
        return self.posted_minor - self.held_minor - (self.floor_minor or 0)


class Transaction(IdentifiedModel):
    """A balanced set of entries in one organization's books. Append-only."""

    organization = models.ForeignKey("accounts.Organization", models.PROTECT, related_name="+")
    kind = models.TextField(choices=TransactionKind)
    reference = models.BinaryField(max_length=32, help_text="Unique in the organization, for ever.")
    transfer_id = models.UUIDField(null=True)
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

    def __str__(self) -> str:
        return f"{self.side} {self.amount_minor} {self.currency_id}"


class ClearingCap(IdentifiedModel):
    """How much, in minor units, one organization lets the net position with another grow.

    The cap in force is the smaller of the two sides' caps; a side that states none allows nothing.
    """

    organization = models.ForeignKey("accounts.Organization", models.PROTECT, related_name="+")
    counterparty = models.ForeignKey("accounts.Organization", models.PROTECT, related_name="+")
    currency = models.ForeignKey(Currency, models.PROTECT, related_name="+")
    cap_minor = models.BigIntegerField()
    set_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["organization", "counterparty", "currency"],
                name="clearing_cap_one_per_side",
            ),
            models.CheckConstraint(
                condition=Q(cap_minor__range=(0, MAX_MINOR)), name="clearing_cap_amount"
            ),
            models.CheckConstraint(
                condition=~Q(organization=F("counterparty")), name="clearing_cap_two_sides"
            ),
        )

    def __str__(self) -> str:
        return f"{self.cap_minor} {self.currency_id}"
