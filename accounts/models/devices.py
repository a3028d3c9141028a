"""Browsers and programs that people sign in on."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.models.organizations import Organization
from accounts.models.people import User
from kernel.models import IdentifiedModel


class Device(IdentifiedModel):
    """A browser or program that holds a token of ours, recognized for its own person only.

    It is forgotten once and for ever: the database refuses to take `revoked_at` back.
    """

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="devices")
    organization = models.ForeignKey(
        Organization,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The person's own, copied so that tenants can be told apart here.",
    )
    token_hash = models.BinaryField(unique=True, help_text="SHA-256 of the opaque token.")
    label = models.CharField(max_length=80, help_text="What its person calls it.")
    ip = models.GenericIPAddressField(null=True, help_text="Where it was seen last.")
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField(help_text="When somebody last signed in on it.")
    trusted_at = models.DateTimeField(null=True, help_text="Since when its person trusts it.")
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(
                fields=["user", "last_seen_at"],
                condition=Q(revoked_at__isnull=True),
                name="accounts_device_live",
            ),
        )

    def __str__(self) -> str:
        return self.label
