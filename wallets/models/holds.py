"""Holds as customers know them: who reserved money on which wallet, and for whom."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from kernel.actor import ActorKind, Door
from wallets.models.wallets import Wallet


class WalletHold(models.Model):
    """The request behind one hold of the books. Append-only.

    Amount, counters, state and times stand on the ledger's hold and nowhere else. Handles and
    holder names are kept as they were at the time.
    """

    hold = models.OneToOneField("ledger.Hold", models.PROTECT, primary_key=True, related_name="+")
    organization = models.ForeignKey("accounts.Organization", models.PROTECT, related_name="+")
    counterparty_organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, null=True, related_name="+", db_index=False
    )
    # Composite in the database: the source wallet is of the organization.
    source = models.ForeignKey(Wallet, models.PROTECT, related_name="holds", db_constraint=False)
    destination = models.ForeignKey(
        Wallet, models.PROTECT, related_name="holds_for", db_constraint=False
    )
    currency = models.ForeignKey(
        "ledger.Currency", models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    source_handle = models.TextField()
    source_holder = models.TextField()
    destination_handle = models.TextField()
    destination_holder = models.TextField()
    description = models.TextField(blank=True)
    metadata = models.JSONField(default=dict)
    fingerprint = models.BinaryField(max_length=32, help_text="SHA-256 of what was asked.")
    actor_kind = models.TextField(choices=[(kind.value, kind.name.title()) for kind in ActorKind])
    actor_id = models.UUIDField(null=True)
    actor_display = models.TextField(blank=True)
    door = models.TextField(choices=[(door.value, door.name.title()) for door in Door])
    request_id = models.TextField()
    created_at = models.DateTimeField()
    approval_method = models.TextField(
        blank=True, default="", db_default="", help_text="How the person approved it, if they did."
    )
    approval_id = models.UUIDField(null=True)

    class Meta:
        ordering = ("-hold",)
        indexes = (models.Index(fields=["organization", "-hold"], name="wallet_hold_organization"),)
        constraints = (
            models.CheckConstraint(
                condition=~Q(source=F("destination")), name="wallet_hold_two_wallets"
            ),
            models.CheckConstraint(
                condition=Q(approval_id__isnull=True, approval_method="")
                | Q(approval_id__isnull=False) & ~Q(approval_method=""),
                name="wallet_hold_approval_whole",
            ),
        )

    def __str__(self) -> str:
        return f"hold {self.hold_id}"
