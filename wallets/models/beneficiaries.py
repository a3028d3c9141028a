"""Accounts at banks that payouts go to. Sealed, shown by their last digits."""

from __future__ import annotations

from django.db import models

from kernel.models import IdentifiedModel


class Beneficiary(IdentifiedModel):
    """Whom one payout pays: name and number of the account, as they were asked for.

    :ivar reference: of the transfer. A request that waits for an approval or a second person has
        no transfer yet, and must not change meanwhile.
    :ivar blind_index: over bank, number and name.
    """

    organization = models.ForeignKey("accounts.Organization", models.PROTECT, related_name="+")
    user = models.ForeignKey(
        "accounts.User",
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        help_text="Who asked, under whose key it is sealed; null: the organization.",
    )
    reference = models.BinaryField(max_length=32, unique=True)
    bank_code = models.TextField()
    sealed = models.BinaryField()
    blind_index = models.BinaryField()
    last_digits = models.CharField(max_length=4)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("-id",)
        verbose_name_plural = "beneficiaries"

    def __str__(self) -> str:
        return self.masked

    @property
    def masked(self) -> str:
        """As it is shown everywhere: the last characters."""
        return f"•••• {self.last_digits}"
