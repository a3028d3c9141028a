"""Links that go out by mail: whoever opens one has the mailbox. Only the token's hash is kept."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.models.organizations import Organization
from accounts.models.people import User
from kernel.models import IdentifiedModel


class MailedLink(IdentifiedModel):
    """One link for one purpose, good once and for a while. The database refuses to un-use it."""

    organization = models.ForeignKey(
        Organization, null=True, on_delete=models.PROTECT, related_name="+"
    )
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=32)
    token_hash = models.BinaryField(unique=True, help_text="SHA-256 of the 256-bit token.")
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=["user", "purpose"],
                condition=Q(used_at__isnull=True, withdrawn_at__isnull=True),
                name="accounts_mailedlink_one_open",
            ),
            models.CheckConstraint(
                condition=Q(used_at__isnull=True) | Q(withdrawn_at__isnull=True),
                name="accounts_mailedlink_one_end",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=models.F("issued_at")),
                name="accounts_mailedlink_lifetime",
            ),
        )

    def __str__(self) -> str:
        return f"{self.purpose} of {self.issued_at:%Y-%m-%d %H:%M}"
