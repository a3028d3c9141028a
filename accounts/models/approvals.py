"""Approvals: a person's proof that one movement, to one payee, is their own will."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.choices import ApprovalKind, ApprovalMethod
from accounts.models.organizations import Organization
from accounts.models.people import User
from accounts.models.sessions import SignInSession
from kernel.models import IdentifiedModel


class Approval(IdentifiedModel):
    """Bound to everything that was shown; consumed once, in the transaction that posts.

    The two are the dynamic linking of PSD2 (RTS on strong customer authentication, articles 4
    and 5): the code is specific to amount and payee, and changing either voids it. `facts_hash`
    covers all of the binding, length-prefixed; the columns beside it say the same for people.
    """

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    organization = models.ForeignKey(
        Organization, null=True, on_delete=models.PROTECT, related_name="+"
    )
    session = models.ForeignKey(
        SignInSession, on_delete=models.PROTECT, related_name="+", help_text="Where it was given."
    )
    device_id = models.UUIDField(null=True)
    kind = models.CharField(max_length=16, choices=ApprovalKind.choices)
    source_wallet_id = models.UUIDField(null=True, help_text="Null for a batch.")
    destination_wallet_id = models.UUIDField(null=True, help_text="Null for a batch.")
    amount_minor = models.BigIntegerField(help_text="Of a batch in one currency, the sum.")
    fee_minor = models.BigIntegerField(
        null=True, help_text="Null where it is decided under the locks of the books."
    )
    currency = models.CharField(max_length=3, blank=True, help_text="Blank: several, in a batch.")
    quote_id = models.UUIDField(null=True, help_text="Of a currency exchange, once there are.")
    subject_id = models.UUIDField(null=True, help_text="The hold captured, the transfer reversed.")
    item_count = models.PositiveIntegerField(default=1)
    facts_hash = models.BinaryField(max_length=32)
    method = models.CharField(max_length=16, choices=ApprovalMethod.choices)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    consumed_at = models.DateTimeField(null=True)
    consumed_by = models.BinaryField(
        max_length=32, null=True, help_text="The reference of the movement, or of its batch."
    )

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(kind__in=ApprovalKind.values), name="accounts_approval_kind"
            ),
            models.CheckConstraint(
                condition=Q(method__in=ApprovalMethod.values), name="accounts_approval_method"
            ),
            models.CheckConstraint(
                condition=Q(consumed_at__isnull=True, consumed_by__isnull=True)
                | Q(consumed_at__isnull=False, consumed_by__isnull=False),
                name="accounts_approval_consumed",
            ),
            models.CheckConstraint(
                condition=Q(kind=ApprovalKind.BATCH)
                | Q(source_wallet_id__isnull=False, item_count=1) & ~Q(currency=""),
                name="accounts_approval_bound",
            ),
            models.UniqueConstraint(fields=["consumed_by"], name="accounts_approval_one_effect"),
        )

    def __str__(self) -> str:
        return f"approval of a {self.kind} by {self.method}"
