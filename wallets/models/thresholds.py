"""Payments that take a second person, and what went out without one."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from kernel.models import IdentifiedModel
from kernel.money import MAX_MINOR


class DualControlThreshold(IdentifiedModel):
    """How much may leave in one currency, in any 24 hours, before a second person has to agree.

    It counts for each person of the organization and for each wallet, in minor units. Null, or no
    row: nothing takes one.
    """

    organization = models.ForeignKey("accounts.Organization", models.PROTECT, related_name="+")
    currency = models.ForeignKey("ledger.Currency", models.PROTECT, related_name="+")
    threshold_minor = models.BigIntegerField(null=True)
    counts_keys = models.BooleanField(
        default=True, help_text="Whether it counts for API keys as for people."
    )
    set_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["organization", "currency"], name="dual_control_threshold_one"
            ),
            models.CheckConstraint(
                condition=Q(threshold_minor__isnull=True)
                | Q(threshold_minor__range=(0, MAX_MINOR)),
                name="dual_control_threshold_amount",
            ),
        )

    def __str__(self) -> str:
        return f"{self.threshold_minor} {self.currency_id}"


class UncheckedSum(IdentifiedModel):
    """What one person sent, or one wallet paid, without a second person, hour by hour.

    One row for each subject and currency, rewritten in place; kept only where the organization has
    a threshold. The row is locked by whoever adds to it.
    """

    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="+", db_index=False
    )
    subject_id = models.UUIDField(help_text="A person, a wallet, or a key of the program's own.")
    currency = models.ForeignKey(
        "ledger.Currency", models.PROTECT, related_name="+", db_index=False
    )
    hour = models.DateTimeField(help_text="The beginning of the newest hour.")
    hours = models.JSONField(help_text="Minor units: of that hour, and of each hour before it.")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["organization", "subject_id", "currency"], name="unchecked_sum_one"
            ),
        )

    def __str__(self) -> str:
        return f"{self.hours} {self.currency_id}"
