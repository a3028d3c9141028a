"""How far two organizations trust each other between settlements."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from kernel.models import IdentifiedModel
from kernel.money import MAX_MINOR
from ledger.models.accounts import Currency


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
        return f"{self.cap_minor} {self.currency_id} minor units"
