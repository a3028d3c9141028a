"""People's phone numbers: sealed, found by a blind index, shown by their last digits."""

from __future__ import annotations

from django.db import models

from accounts.models.organizations import Organization
from accounts.models.people import User
from kernel.models import IdentifiedModel


class Phone(IdentifiedModel):
    """The phone number of one person. Two people may share one."""

    organization = models.ForeignKey(
        Organization, null=True, on_delete=models.PROTECT, related_name="+"
    )
    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="phone")
    sealed = models.BinaryField(help_text="E.164, under the person's data key.")
    blind_index = models.BinaryField(db_index=True)
    last_digits = models.CharField(max_length=2)
    set_at = models.DateTimeField()

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.masked

    @property
    def masked(self) -> str:
        """As it is shown everywhere: the last two digits."""
        return f"•••• {self.last_digits}"
