"""How many wallets an organization's holders may have, and who opens them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

MOST_OF_A_KIND = 20


class WalletPolicy(models.Model):
    """Without a row: one of each kind and currency for each holder, opened by the holder."""

    organization = models.OneToOneField(
        "accounts.Organization", models.PROTECT, primary_key=True, related_name="+"
    )
    per_kind = models.PositiveSmallIntegerField(
        default=1, help_text="Of each kind and currency, for each holder."
    )
    members_open = models.BooleanField(
        default=True, help_text="Whether members open their own; officers always may."
    )
    set_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(per_kind__range=(1, MOST_OF_A_KIND)), name="wallet_policy_per_kind"
            ),
        )

    def __str__(self) -> str:
        return f"{self.per_kind} of a kind"
