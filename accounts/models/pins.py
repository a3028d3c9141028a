"""Transaction PINs, and the requests to replace a forgotten one."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.models.organizations import Organization
from accounts.models.people import User
from kernel.models import IdentifiedModel


class TransactionPin(models.Model):
    """A person's PIN, as bcrypt over a hash keyed outside the database, and the tries at it.

    A try is counted before it is checked. Three that were not right lock the PIN until
    `locked_until`; afterwards they count anew.
    """

    user = models.OneToOneField(
        User, primary_key=True, on_delete=models.PROTECT, related_name="transaction_pin"
    )
    organization = models.ForeignKey(
        Organization,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The person's own, copied so that tenants can be told apart here.",
    )
    pin_hash = models.CharField(max_length=60, help_text="bcrypt(base64(HMAC(key, user, pin))).")
    set_at = models.DateTimeField()
    counts_from = models.DateTimeField(
        null=True, help_text="From when it approves payments; null: from the first."
    )
    tries = models.PositiveSmallIntegerField(default=0, help_text="Since the last right one.")
    locked_until = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(tries__lt=3, locked_until__isnull=True)
                | Q(tries=3, locked_until__isnull=False),
                name="accounts_pin_three_tries",
            ),
        )

    def __str__(self) -> str:
        return f"PIN of {self.user_id}"


class PinReset(IdentifiedModel):
    """A forgotten PIN, from the link that was mailed to the new PIN that counts.

    Only the token's hash is kept. Without a second factor the new PIN waits here until
    `effective_at`, and can be called off until then.
    """

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    organization = models.ForeignKey(
        Organization, null=True, on_delete=models.PROTECT, related_name="+"
    )
    token_hash = models.BinaryField(unique=True, help_text="SHA-256 of the link's token.")
    requested_at = models.DateTimeField()
    expires_at = models.DateTimeField(help_text="Until when the link can be followed.")
    used_at = models.DateTimeField(null=True, help_text="When a new PIN was chosen.")
    pin_hash = models.CharField(max_length=60, null=True)
    effective_at = models.DateTimeField(null=True, help_text="From when the new PIN counts.")
    applied_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(applied_at__isnull=True, cancelled_at__isnull=True),
                name="accounts_pinreset_one_open",
            ),
            models.CheckConstraint(
                condition=Q(used_at__isnull=True, pin_hash__isnull=True, effective_at__isnull=True)
                | Q(used_at__isnull=False, pin_hash__isnull=False, effective_at__isnull=False),
                name="accounts_pinreset_used",
            ),
            models.CheckConstraint(
                condition=Q(applied_at__isnull=True)
                | Q(used_at__isnull=False, cancelled_at__isnull=True),
                name="accounts_pinreset_applied",
            ),
        )

    def __str__(self) -> str:
        return f"reset of the PIN of {self.user_id}"
