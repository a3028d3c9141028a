"""Mail that waits to be sent, and requests for mail whose addressee nobody has looked up yet."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.models.organizations import Organization
from accounts.models.people import User
from kernel.models import IdentifiedModel


class PendingMail(IdentifiedModel):
    """A written mail on its way out, sealed by the vault: it may hold a link or a code.

    Deleted once it is sent. One that could not be sent stays as a row that says so, without what
    was in it.
    """

    organization = models.ForeignKey(
        Organization, null=True, on_delete=models.PROTECT, related_name="+"
    )
    user = models.ForeignKey(
        User,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Null: an invitation.",
    )
    kind = models.CharField(max_length=40)
    sealed = models.BinaryField(null=True, help_text="Address, subject and text; null once dead.")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(help_text="Not sent after this: what it says is void.")
    attempts = models.PositiveSmallIntegerField(default=0, help_text="Begun, sent or not.")
    next_attempt_at = models.DateTimeField(help_text="While one is under way: when it is given up.")
    died_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=64, null=True, help_text="The error's name.")

    class Meta:
        ordering = ("-id",)
        verbose_name_plural = "pending mail"
        indexes = (
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(died_at__isnull=True),
                name="accounts_pendingmail_due",
            ),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(died_at__isnull=True, sealed__isnull=False, failure__isnull=True)
                | Q(died_at__isnull=False, sealed__isnull=True, failure__isnull=False),
                name="accounts_pendingmail_dead",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=models.F("created_at")),
                name="accounts_pendingmail_lifetime",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} of {self.created_at:%Y-%m-%d %H:%M}"


class MailRequest(IdentifiedModel):
    """Somebody asked that a mail goes to an address; whether it is anybody's is found out later.

    So the door does the same work for every address. One row for an address and kind; it stays for
    a while after it was answered, without the address, so that asking again costs nobody a mail.
    """

    organization = models.ForeignKey(
        Organization,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Always null: nobody asks whose address it is.",
    )
    kind = models.CharField(max_length=40)
    address_hash = models.BinaryField(help_text="Keyed hash of the address.")
    address = models.EmailField(null=True, help_text="Null once answered.")
    ip = models.GenericIPAddressField(null=True)
    asked_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(
                fields=["asked_at"],
                condition=Q(answered_at__isnull=True),
                name="accounts_mailrequest_open",
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["kind", "address_hash"], name="accounts_mailrequest_one"
            ),
            models.CheckConstraint(
                condition=Q(organization__isnull=True), name="accounts_mailrequest_of_nobody"
            ),
            models.CheckConstraint(
                condition=Q(address__isnull=False, answered_at__isnull=True)
                | Q(address__isnull=True, ip__isnull=True, answered_at__isnull=False),
                name="accounts_mailrequest_answered",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} asked at {self.asked_at:%Y-%m-%d %H:%M}"
