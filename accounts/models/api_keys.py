"""Keys for programs. The secret is shown once and kept as a hash."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models.organizations import Organization
from accounts.models.pending_acts import PendingAct
from accounts.models.people import User
from kernel.models import IdentifiedModel


class ApiKey(IdentifiedModel):
    """A program's credential in one organization, with the scopes it may use."""

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="api_keys"
    )
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=24, help_text="The start of the secret, to tell it by.")
    secret_hash = models.BinaryField(unique=True, help_text="SHA-256 of the whole secret.")
    scopes = ArrayField(models.CharField(max_length=32))
    created_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="+", help_text="Null: the program."
    )
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    permit = models.OneToOneField(
        PendingAct,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="A second person's consent to just this key, used once; null: it took none.",
    )
    last_used_at = models.DateTimeField(null=True, help_text="Exact to a minute.")
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}...)"
