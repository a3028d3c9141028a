"""Closing the books: up to when they are final, and what stood in them then."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from kernel.models import IdentifiedModel
from ledger.choices import PeriodState
from ledger.models.accounts import LedgerAccount


class Books(models.Model):
    """One row for each organization, made with it: the instant before which nothing may be written.

    Posting holds the row FOR SHARE, closing a period changes it, so no transaction slips into a
    period while it is being closed.
    """

    organization = models.OneToOneField(
        "accounts.Organization", models.PROTECT, primary_key=True, related_name="+"
    )
    closed_before = models.DateTimeField(
        null=True, help_text="The end of the last closed period. Null: no period is closed."
    )

    class Meta:
        verbose_name_plural = "books"

    def __str__(self) -> str:
        return f"books of {self.organization_id}"


class Period(IdentifiedModel):
    """A stretch of effective time of one organization's books, from the end of the one before.

    `ends_at` is the end of `closes_on` in the organization's time zone, exclusive. The proofs are
    SHA-256 over the canonical rows of the trial balance at both ends; the opening proof of a period
    is the closing proof of the one before.
    """

    organization = models.ForeignKey("accounts.Organization", models.PROTECT, related_name="+")
    starts_at = models.DateTimeField(null=True, help_text="Null: from the first entry on.")
    closes_on = models.DateField()
    ends_at = models.DateTimeField()
    state = models.TextField(choices=PeriodState, default=PeriodState.OPEN)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    opening_proof = models.BinaryField(max_length=32, null=True)
    closing_proof = models.BinaryField(max_length=32, null=True)

    class Meta:
        ordering = ("-ends_at",)
        constraints = (
            models.UniqueConstraint(
                fields=["organization", "ends_at"],
                condition=~Q(state=PeriodState.WITHDRAWN),
                name="period_end",
            ),
            models.UniqueConstraint(
                fields=["organization"],
                condition=Q(state=PeriodState.OPEN),
                name="period_one_open",
            ),
            models.CheckConstraint(
                condition=Q(starts_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="period_forward",
            ),
            models.CheckConstraint(
                condition=Q(state__in=(PeriodState.OPEN, PeriodState.WITHDRAWN))
                & Q(closed_at__isnull=True, closing_proof__isnull=True)
                | Q(state=PeriodState.CLOSED, closed_at__isnull=False)
                & Q(closing_proof__isnull=False, opening_proof__isnull=False),
                name="period_closed_with_proof",
            ),
            models.CheckConstraint(
                condition=Q(state=PeriodState.WITHDRAWN, withdrawn_at__isnull=False)
                | ~Q(state=PeriodState.WITHDRAWN) & Q(withdrawn_at__isnull=True),
                name="period_withdrawn_since",
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | Q(closed_at__gte=F("ends_at")),
                name="period_over",
            ),
        )

    def __str__(self) -> str:
        return f"period to {self.closes_on} {self.state}"


class PeriodBalance(models.Model):
    """What one account showed over a closed period, by effective time, in minor units.

    `opening_minor` and `closing_minor` are positive on the account's normal side; `debit_minor` and
    `credit_minor` are the turnover and never negative.

    That its period and account exist, and are of its organization, is held by a trigger for all
    rows of a statement at once; foreign keys would ask three times for each row while the books are
    locked.
    """

    period = models.ForeignKey(
        Period, models.PROTECT, related_name="balances", db_index=False, db_constraint=False
    )
    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="+", db_constraint=False
    )
    account = models.ForeignKey(
        LedgerAccount, models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    opening_minor = models.BigIntegerField()
    debit_minor = models.BigIntegerField()
    credit_minor = models.BigIntegerField()
    closing_minor = models.BigIntegerField()

    class Meta:
        ordering = ("period", "account")
        constraints = (
            models.UniqueConstraint(fields=["period", "account"], name="period_balance_once"),
            models.CheckConstraint(
                condition=Q(debit_minor__gte=0, credit_minor__gte=0),
                name="period_balance_turnover",
            ),
        )

    def __str__(self) -> str:
        return f"{self.account_id} {self.closing_minor}"
