"""Wallets: the customer's view of liability accounts."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from kernel.models import IdentifiedModel
from wallets.choices import WalletKind


class Wallet(IdentifiedModel):
    """A holder's place for money of one kind and currency; identity never changes."""

    handle = models.TextField(unique=True, help_text="VC-XXXXXX, for people.")
    organization = models.ForeignKey("accounts.Organization", models.PROTECT, related_name="+")
    owner = models.ForeignKey(
        "accounts.User",
        models.PROTECT,
        null=True,
        related_name="wallets",
        help_text="Null: the organization's own wallet.",
    )
    kind = models.TextField(choices=WalletKind)
    currency = models.ForeignKey("ledger.Currency", models.PROTECT, related_name="+")
    account = models.OneToOneField("ledger.LedgerAccount", models.PROTECT, related_name="wallet")
    created_at = models.DateTimeField()
    number = models.PositiveSmallIntegerField(
        default=1, db_default=1, help_text="Among the holder's of this kind and currency."
    )

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=["organization", "owner", "kind", "currency", "number"],
                name="wallet_one_of_each",
                nulls_distinct=False,
            ),
            # The targets of the transfers' composite foreign keys.
            models.UniqueConstraint(
                fields=["id", "organization", "currency"], name="wallet_identity"
            ),
            models.UniqueConstraint(fields=["id", "currency"], name="wallet_identity_currency"),
            models.UniqueConstraint(
                fields=["id", "organization"], name="wallet_identity_organization"
            ),
            models.CheckConstraint(condition=Q(kind__in=WalletKind.values), name="wallet_kind"),
            models.CheckConstraint(
                condition=Q(handle__regex="^VC-[0-9A-HJKMNP-TV-Z]{6}$"), name="wallet_handle"
            ),
        )

    def __str__(self) -> str:
        return self.handle

    @property
    def status(self) -> str:
        """ACTIVE, FROZEN, SUSPENDED or CLOSED: the status of the account that posting judges."""
        return str(self.account.status)
