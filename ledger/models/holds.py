"""Money reserved on an account until somebody captures it, voids it, or its time runs out."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from kernel.models import IdentifiedModel
from kernel.money import MAX_MINOR
from ledger.choices import HoldState
from ledger.models.accounts import Currency, LedgerAccount


class Hold(IdentifiedModel):
    """A part of an account's posted balance that is reserved, in minor units.

    What is neither captured nor released is reserved: the sum of these remainders is the account's
    `held_minor`, which only the triggers of this table write. Counters only grow.
    """

    # Composite in the database, so a hold and its account share organization and currency.
    organization = models.ForeignKey(
        "accounts.Organization",
        models.PROTECT,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    account = models.ForeignKey(
        LedgerAccount, models.PROTECT, related_name="holds", db_constraint=False, db_index=False
    )
    currency = models.ForeignKey(
        Currency, models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    amount_minor = models.BigIntegerField()
    captured_minor = models.BigIntegerField(default=0, db_default=0)
    released_minor = models.BigIntegerField(default=0, db_default=0)
    state = models.TextField(choices=HoldState, default=HoldState.OPEN)
    reference = models.BinaryField(max_length=32, help_text="Unique in the organization, for ever.")
    placed_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=["organization", "reference"], name="hold_reference"),
            # The target of the composite foreign key of the transactions that capture it.
            models.UniqueConstraint(fields=["id", "organization"], name="hold_identity"),
            models.CheckConstraint(
                condition=Q(amount_minor__range=(1, MAX_MINOR)), name="hold_amount"
            ),
            models.CheckConstraint(
                condition=Q(captured_minor__gte=0)
                & Q(released_minor__gte=0)
                & Q(amount_minor__gte=F("captured_minor") + F("released_minor")),
                name="hold_within_amount",
            ),
            models.CheckConstraint(
                condition=Q(state=HoldState.OPEN, ended_at__isnull=True)
                & Q(amount_minor__gt=F("captured_minor") + F("released_minor"))
                | Q(state=HoldState.CAPTURED, captured_minor__gt=0, ended_at__isnull=False)
                & Q(amount_minor=F("captured_minor") + F("released_minor"))
                | Q(state__in=(HoldState.VOIDED, HoldState.EXPIRED), ended_at__isnull=False)
                & Q(released_minor__gt=0)
                & Q(amount_minor=F("captured_minor") + F("released_minor")),
                name="hold_state",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("placed_at")), name="hold_expires_later"
            ),
        )
        indexes = (
            models.Index(fields=["account", "-id"], name="hold_of_account"),
            models.Index(
                fields=["account", "expires_at"],
                name="hold_open_of_account",
                condition=Q(state=HoldState.OPEN),
            ),
            models.Index(
                fields=["expires_at"], name="hold_overdue", condition=Q(state=HoldState.OPEN)
            ),
        )

    def __str__(self) -> str:
        return f"{self.state} {self.amount_minor} {self.currency_id}"

    @property
    def remaining_minor(self) -> int:
        """What is still reserved, in minor units."""
        return self.amount_minor - self.captured_minor - self.released_minor
