"""From where people come, and from where an organization lets money move."""

from __future__ import annotations

import datetime as dt

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.models.organizations import Organization
from accounts.models.people import User
from kernel.models import IdentifiedModel


class Network(IdentifiedModel):
    """A network that one person was seen on: one IPv4 address, or a /64 of IPv6.

    It may move that person's money once it is confirmed, or from `opens_at` on. When it is revoked
    the row is final; if the person is seen there again, another row waits for the link.
    """

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="networks")
    organization = models.ForeignKey(
        Organization,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The person's own, copied so that tenants can be told apart here.",
    )
    prefix = models.CharField(max_length=43, help_text="203.0.113.7/32 or 2001:db8::/64.")
    first_seen_at = models.DateTimeField()
    opens_at = models.DateTimeField(null=True, help_text="Null: only the link opens it.")
    confirmed_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    link_hash = models.BinaryField(null=True, unique=True, help_text="SHA-256 of the link's token.")
    link_sent_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        indexes = (models.Index(fields=["user", "prefix"], name="accounts_network_seen"),)
        constraints = (
            models.UniqueConstraint(
                fields=["user", "prefix"],
                condition=Q(revoked_at__isnull=True),
                name="accounts_network_once",
            ),
            models.CheckConstraint(
                condition=Q(link_hash__isnull=True) | Q(link_sent_at__isnull=False),
                name="accounts_network_link",
            ),
            models.CheckConstraint(
                condition=Q(link_hash__isnull=True)
                | Q(confirmed_at__isnull=True, revoked_at__isnull=True),
                name="accounts_network_link_open",
            ),
        )

    def __str__(self) -> str:
        return self.prefix

    def is_trusted(self, *, now: dt.datetime) -> bool:
        """Whether it may move its person's money."""
        waited = self.opens_at is not None and self.opens_at <= now
        return self.revoked_at is None and (self.confirmed_at is not None or waited)


class CountryPolicy(IdentifiedModel):
    """The countries from which an organization's people may move money; none listed: any."""

    organization = models.OneToOneField(
        Organization, on_delete=models.PROTECT, related_name="country_policy"
    )
    countries = ArrayField(models.CharField(max_length=2), help_text="ISO 3166-1 alpha-2.")
    set_at = models.DateTimeField()

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return ", ".join(self.countries) or "anywhere"
