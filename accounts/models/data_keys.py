"""The keys under which an organization's and each person's data are sealed."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.models.organizations import Organization
from accounts.models.people import User
from kernel.models import IdentifiedModel


class DataKey(IdentifiedModel):
    """A data key, wrapped by a master key that no database ever sees.

    It belongs to a person, or else to an organization as such. Emptying `wrapped` shreds
    everything that was sealed under it, wherever copies of that are.
    """

    organization = models.ForeignKey(
        Organization, null=True, on_delete=models.PROTECT, related_name="+"
    )
    user = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(help_text="Counts up for each owner; the last one seals.")
    master_version = models.PositiveIntegerField(help_text="Of the master key that wraps it.")
    wrapped = models.BinaryField(null=True)
    created_at = models.DateTimeField()
    shredded_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=["organization", "user", "version"],
                name="accounts_datakey_one_version",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(organization__isnull=False) | Q(user__isnull=False),
                name="accounts_datakey_owner",
            ),
            models.CheckConstraint(
                condition=Q(wrapped__isnull=False, shredded_at__isnull=True)
                | Q(wrapped__isnull=True, shredded_at__isnull=False),
                name="accounts_datakey_shredded",
            ),
        )

    def __str__(self) -> str:
        return f"data key {self.version} of {self.user_id or self.organization_id}"
