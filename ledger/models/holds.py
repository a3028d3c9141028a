"""Money reserved on an account until somebody captures it, voids it, or its time runs out."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.expressions import RawSQL

from kernel.models import IdentifiedModel
from kernel.money import MAX_MINOR
from ledger.choices import HoldState
from ledger.models.accounts import Currency, LedgerAccount

# What captures took of the fee so far: rounded down, so that all of the amount takes all of it.
# A wrong amount shall be refused by its own rule and not by a division by zero.
_FEE_CAPTURED = "div(fee_minor::numeric * captured_minor, greatest(amount_minor, 1))::bigint"
_RESERVED = (
    "CASE WHEN state = 'OPEN' THEN amount_minor - captured_minor - released_minor"
    f" + fee_minor - {_FEE_CAPTURED} ELSE 0 END"
)


class Hold(IdentifiedModel):
    """A part of an account's posted balance that is reserved, in minor units.

    What is neither captured nor released of the amount is reserved, and of the fee what captures
    have not taken yet; each takes the share of the part it captures. The sum of what is reserved is
    the account's `held_minor`, which only the triggers of this table write. Counters only grow.
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
    fee_minor = models.BigIntegerField(
        default=0, db_default=0, help_text="Reserved on top of the amount; fixed at placing."
    )
    fee_account = models.ForeignKey(
        LedgerAccount,
        models.PROTECT,
        null=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
        help_text="The income account that the fee goes to.",
    )
    fee_captured_minor = models.GeneratedField(
        expression=RawSQL(_FEE_CAPTURED, []),  # noqa: S611 - our constants
        output_field=models.BigIntegerField(),
        db_persist=True,
    )
    reserved_minor = models.GeneratedField(
        expression=RawSQL(_RESERVED, []),  # noqa: S611 - our constants
        output_field=models.BigIntegerField(),
        db_persist=True,
    )
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
                condition=Q(fee_minor=0, fee_account__isnull=True)
                | Q(fee_minor__range=(1, MAX_MINOR), fee_account__isnull=False),
                name="hold_fee",
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
        return f"{self.state} {self.amount_minor} {self.currency_id} minor units"

    @property
    def remaining_minor(self) -> int:
        """What of the amount is still reserved, in minor units."""
        return self.amount_minor - self.captured_minor - self.released_minor
