"""Transfers: what was asked for, and what became of it."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from kernel.actor import ActorKind, Door
from kernel.models import IdentifiedModel
from kernel.money import MAX_MINOR
from wallets.choices import TransferKind, TransferState
from wallets.models.wallets import Wallet


class Transfer(IdentifiedModel):
    """One request to move money, and what became of it.

    A deposit has no source; a withdrawal and a payout have no destination. `organization` is the
    payer's (the receiver's for a deposit); `counterparty_organization` is the other side's, null
    when there is none. `description` is shown to both sides, `metadata` to the asking side
    only. Handles and holder names are kept as they were at the time: the other side's wallet row
    is not visible to a reader, and a receipt must not change when a person's name does.
    """

    # Held by a trigger, for the whole statement at once: a wallet and its transfer share the
    # currency, and the payer's wallet the organization too; the transactions are this transfer's.
    organization = models.ForeignKey(
        "accounts.Organization",
        models.PROTECT,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    counterparty_organization = models.ForeignKey(
        "accounts.Organization",
        models.PROTECT,
        null=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    source = models.ForeignKey(
        Wallet,
        models.PROTECT,
        null=True,
        related_name="sent",
        db_constraint=False,
        db_index=False,
    )
    destination = models.ForeignKey(
        Wallet,
        models.PROTECT,
        null=True,
        related_name="received",
        db_constraint=False,
        db_index=False,
    )
    source_handle = models.TextField(blank=True)
    source_holder = models.TextField(blank=True)
    destination_handle = models.TextField(blank=True)
    destination_holder = models.TextField(blank=True)
    kind = models.TextField(choices=TransferKind)
    state = models.TextField(choices=TransferState)
    reason_code = models.TextField(blank=True, help_text="Why it failed or was cancelled.")
    amount_minor = models.BigIntegerField()
    currency = models.ForeignKey(
        "ledger.Currency",
        models.PROTECT,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    description = models.TextField(blank=True)
    metadata = models.JSONField(default=dict)
    external_reference = models.TextField(null=True, help_text="Of the bank, for cash movements.")
    reference = models.BinaryField(max_length=32, unique=True)
    fingerprint = models.BinaryField(max_length=32, help_text="SHA-256 of what was asked.")
    actor_kind = models.TextField(choices=[(kind.value, kind.name.title()) for kind in ActorKind])
    actor_id = models.UUIDField(null=True)
    actor_display = models.TextField(blank=True)
    door = models.TextField(choices=[(door.value, door.name.title()) for door in Door])
    request_id = models.TextField()
    created_at = models.DateTimeField(help_text="When it was asked for, from the door.")
    completed_at = models.DateTimeField(null=True, help_text="When the books recorded it.")
    fee_minor = models.BigIntegerField(
        default=0, db_default=0, help_text="Paid on top of the amount, by the source."
    )
    hold = models.ForeignKey(
        "ledger.Hold",
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        help_text="The hold a capture or payout takes its money from.",
    )
    reverses = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        related_name="reversals",
        db_index=False,
        help_text="The transfer a reversal gives back, whole or in part.",
    )
    source_transaction = models.ForeignKey(
        "ledger.Transaction",
        models.PROTECT,
        null=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    destination_transaction = models.ForeignKey(
        "ledger.Transaction",
        models.PROTECT,
        null=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    effective_at = models.DateTimeField(
        null=True, help_text="From when it counts, where a cash movement names an earlier time."
    )
    approval_method = models.TextField(
        blank=True, default="", db_default="", help_text="How the person approved it, if they did."
    )
    approval_id = models.UUIDField(null=True)
    pending_act_id = models.UUIDField(
        null=True, help_text="The act a second person agreed to, where it took one."
    )
    checker_id = models.UUIDField(null=True)
    checker_display = models.TextField(blank=True, default="", db_default="")

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(fields=["organization", "-id"], name="transfer_organization"),
            models.Index(
                fields=["counterparty_organization", "-id"],
                name="transfer_counterparty",
                condition=Q(counterparty_organization__isnull=False),
            ),
            models.Index(fields=["source", "-id"], name="transfer_source"),
            models.Index(fields=["destination", "-id"], name="transfer_destination"),
            models.Index(
                fields=["reverses"], name="transfer_reverses", condition=Q(reverses__isnull=False)
            ),
            models.Index(fields=["hold"], name="transfer_hold", condition=Q(hold__isnull=False)),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(kind=TransferKind.REVERSAL, reverses__isnull=False)
                | ~Q(kind=TransferKind.REVERSAL) & Q(reverses__isnull=True),
                name="transfer_reversal_reverses",
            ),
            models.CheckConstraint(
                condition=Q(kind=TransferKind.CAPTURE, hold__isnull=False)
                | ~Q(kind__in=(TransferKind.CAPTURE, TransferKind.PAYOUT)) & Q(hold__isnull=True)
                | Q(kind=TransferKind.PAYOUT)
                & (Q(hold__isnull=False) | Q(state=TransferState.FAILED)),
                name="transfer_capture_has_hold",
            ),
            models.CheckConstraint(
                condition=Q(fee_minor__range=(0, MAX_MINOR)), name="transfer_fee"
            ),
            models.UniqueConstraint(
                fields=["organization", "kind", "external_reference"],
                name="transfer_external_reference",
                condition=Q(external_reference__isnull=False) & Q(state=TransferState.COMPLETED),
            ),
            models.CheckConstraint(
                condition=Q(effective_at__isnull=True)
                | Q(kind__in=(TransferKind.DEPOSIT, TransferKind.WITHDRAWAL))
                & Q(effective_at__lte=F("created_at")),
                name="transfer_effective_cash",
            ),
            models.CheckConstraint(
                condition=Q(amount_minor__range=(1, MAX_MINOR)), name="transfer_amount"
            ),
            models.CheckConstraint(
                condition=~Q(source=F("destination")), name="transfer_two_wallets"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=(TransferKind.TRANSFER, TransferKind.CAPTURE))
                & Q(source__isnull=False, destination__isnull=False)
                | Q(kind=TransferKind.REVERSAL)
                & (Q(source__isnull=False) | Q(destination__isnull=False))
                | Q(kind=TransferKind.DEPOSIT, source__isnull=True, destination__isnull=False)
                | Q(kind__in=(TransferKind.WITHDRAWAL, TransferKind.PAYOUT))
                & Q(source__isnull=False, destination__isnull=True),
                name="transfer_ends",
            ),
            models.CheckConstraint(
                condition=Q(state=TransferState.COMPLETED, reason_code="")
                & Q(completed_at__isnull=False)
                | Q(state__in=(TransferState.PENDING, TransferState.PROCESSING))
                & Q(completed_at__isnull=True, reason_code="")
                | Q(state__in=(TransferState.FAILED, TransferState.CANCELLED))
                & Q(completed_at__isnull=True)
                & ~Q(reason_code=""),
                name="transfer_outcome",
            ),
            models.CheckConstraint(
                condition=~Q(state=TransferState.COMPLETED)
                | (Q(source__isnull=True) | Q(source_transaction__isnull=False))
                & (Q(destination__isnull=True) | Q(destination_transaction__isnull=False)),
                name="transfer_completed_in_books",
            ),
            models.CheckConstraint(
                condition=Q(approval_id__isnull=True, approval_method="")
                | Q(approval_id__isnull=False) & ~Q(approval_method=""),
                name="transfer_approval_whole",
            ),
            models.CheckConstraint(
                condition=Q(pending_act_id__isnull=True, checker_id__isnull=True)
                | Q(pending_act_id__isnull=False, checker_id__isnull=False),
                name="transfer_checked_whole",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.id} {self.state}"
