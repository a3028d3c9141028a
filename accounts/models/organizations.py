"""Tenants, and the invitations by which people come into them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from accounts.choices import OrganizationStatus, Role
from kernel.models import IdentifiedModel


class Organization(IdentifiedModel):
    """A tenant: a bank, a marketplace, a payroll company with books of its own.

    The database lets the status move pending -> active <-> suspended and nowhere else.
    """

    slug = models.SlugField(max_length=80, unique=True, help_text="Short name for addresses.")
    name = models.CharField(max_length=200, help_text="The registered name.")
    display_name = models.CharField(max_length=80, help_text="The name people see.")
    country = models.CharField(max_length=2, help_text="ISO 3166-1 alpha-2.")
    timezone = models.CharField(max_length=64, help_text="IANA name; days and months follow it.")
    base_currency = models.CharField(max_length=3, help_text="ISO 4217.")
    status = models.CharField(
        max_length=16, choices=OrganizationStatus.choices, default=OrganizationStatus.PENDING
    )
    created_at = models.DateTimeField()
    activated_at = models.DateTimeField(null=True, help_text="When it first became active.")

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(status__in=OrganizationStatus.values),
                name="accounts_organization_status",
            ),
            models.CheckConstraint(
                condition=Q(status=OrganizationStatus.PENDING, activated_at__isnull=True)
                | (~Q(status=OrganizationStatus.PENDING) & Q(activated_at__isnull=False)),
                name="accounts_organization_activated_at",
            ),
            models.CheckConstraint(
                condition=Q(country__regex=r"^[A-Z]{2}$"), name="accounts_organization_country"
            ),
            models.CheckConstraint(
                condition=Q(base_currency__regex=r"^[A-Z]{3}$"),
                name="accounts_organization_currency",
            ),
        )

    def __str__(self) -> str:
        return self.display_name

    @property
    def is_active(self) -> bool:
        """Whether its people may move money."""
        return self.status == OrganizationStatus.ACTIVE


class Invitation(IdentifiedModel):
    """An open door for one address, under two tokens of which only the hashes are kept.

    The inviter sees one and may pass it on; the other goes out by mail, so whoever joins with that
    one has the mailbox.
    """

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="invitations"
    )
    email = models.EmailField()
    role = models.CharField(max_length=16, choices=Role.choices)
    token_hash = models.BinaryField(unique=True)
    mailed_token_hash = models.BinaryField(
        unique=True, null=True, help_text="Null: from before invitations were mailed."
    )
    invited_by = models.ForeignKey(
        "accounts.User", null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(
        "accounts.User", null=True, on_delete=models.PROTECT, related_name="+"
    )
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(role__in=Role.values), name="accounts_invitation_role"
            ),
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True, accepted_by__isnull=True)
                | Q(accepted_at__isnull=False, accepted_by__isnull=False),
                name="accounts_invitation_accepted",
            ),
            models.UniqueConstraint(
                "organization",
                Lower("email"),
                condition=Q(accepted_at__isnull=True, withdrawn_at__isnull=True),
                name="accounts_invitation_one_open",
            ),
        )

    def __str__(self) -> str:
        return f"{self.email} as {self.role}"
