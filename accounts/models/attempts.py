"""How often somebody has tried a password, for an address or from a network, whoever they are."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.models.organizations import Organization
from kernel.models import IdentifiedModel


class PasswordAttempts(IdentifiedModel):
    """The count for one subject, known or not: the row of an unknown address looks the same.

    A try is counted before it is made and given back when it was right, so tries that come at once
    cannot outrun the count.
    """

    organization = models.ForeignKey(
        Organization,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Always null: nobody asks whose address it is.",
    )
    subject_hash = models.BinaryField(unique=True, help_text="Keyed hash of address or network.")
    failures = models.PositiveIntegerField()
    since = models.DateTimeField(help_text="The first of these.")
    last_at = models.DateTimeField(help_text="The last one counted.")
    locked_until = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        verbose_name_plural = "password attempts"
        indexes = (models.Index(fields=["last_at"], name="accounts_attempts_last_at"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(organization__isnull=True), name="accounts_attempts_of_nobody"
            ),
        )

    def __str__(self) -> str:
        return f"{self.failures} failures until {self.last_at:%Y-%m-%d %H:%M}"
