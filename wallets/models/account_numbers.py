"""Account numbers: what a bank's form asks for. Sealed, shown by their last digits."""

from __future__ import annotations

from django.db import models

from kernel.models import IdentifiedModel


class AccountNumber(IdentifiedModel):
    """The account number of one wallet. It never changes and belongs to no other, ever."""

    wallet = models.OneToOneField(
        "wallets.Wallet", models.PROTECT, related_name="account_number", db_constraint=False
    )
    organization = models.ForeignKey("accounts.Organization", models.PROTECT, related_name="+")
    user = models.ForeignKey(
        "accounts.User",
        models.PROTECT,
        null=True,
        related_name="+",
        help_text="The wallet's holder, under whose key it is sealed; null: the organization.",
    )
    sealed = models.BinaryField()
    blind_index = models.BinaryField(unique=True)
    last_digits = models.CharField(max_length=4)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.masked

    @property
    def masked(self) -> str:
        """As it is shown everywhere: the last four digits."""
        return f"•••• {self.last_digits}"
