"""What one person wants and another has to agree to, and which acts of an organization are such."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.db.models import F, Q

from accounts.choices import PendingActState
from accounts.models.organizations import Organization
from accounts.models.people import User
from kernel.actor import ActorKind, Door
from kernel.models import IdentifiedModel
from kernel.money import MAX_MINOR

_UNDECIDED = Q(decided_at__isnull=True, checker__isnull=True)
_BY_NOBODY_ELSE = Q(decided_at__isnull=False, checker__isnull=True)
_BY_ANOTHER = Q(decided_at__isnull=False, checker__isnull=False)
# The most that the setting of it may say.
LONGEST_WAIT = dt.timedelta(days=30)
_CHECKED = (PendingActState.AGREED, PendingActState.FAILED, PendingActState.REJECTED)


class PendingAct(IdentifiedModel):
    """An act that waits for a second person, and what became of it.

    `facts` say all that executing it takes, as plain JSON: ids, amounts, codes; people by id only.
    Nothing of what was asked ever changes, and the state moves once; triggers hold both.
    """

    organization = models.ForeignKey(
        Organization,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Null: the platform's own act.",
    )
    kind = models.TextField(help_text="A name of the registry of kinds.")
    facts = models.JSONField()
    amount_minor = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, null=True)
    reference = models.BinaryField(
        max_length=32, unique=True, help_text="Of the request: asked twice, it waits once."
    )
    fingerprint = models.BinaryField(max_length=32, help_text="SHA-256 of what was asked.")
    maker_kind = models.TextField(choices=[(kind.value, kind.name.title()) for kind in ActorKind])
    maker_id = models.UUIDField()
    maker_person = models.ForeignKey(
        User,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Who asks, or issued the API key that asks; null: the program issued it.",
    )
    maker_display = models.TextField(blank=True)
    door = models.TextField(choices=[(door.value, door.name.title()) for door in Door])
    request_id = models.TextField()
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    state = models.TextField(choices=PendingActState, default=PendingActState.PENDING)
    checker = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    checker_display = models.TextField(blank=True)
    decided_at = models.DateTimeField(null=True)
    note = models.TextField(blank=True, help_text="Why, in the words of who decided.")
    reason_code = models.TextField(blank=True, help_text="Why executing it was refused.")
    result_type = models.TextField(blank=True)
    result_id = models.UUIDField(null=True, help_text="What it made or changed.")
    session_id = models.UUIDField(
        null=True, help_text="Where its maker signed in to ask; null for API keys."
    )

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(fields=["organization", "-id"], name="pending_act_organization"),
            models.Index(
                fields=["expires_at"],
                name="pending_act_waiting",
                condition=Q(state=PendingActState.PENDING),
            ),
            models.Index(
                fields=["session_id"],
                name="pending_act_session",
                condition=Q(state=PendingActState.PENDING, session_id__isnull=False),
            ),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(checker__isnull=True)
                | ~Q(checker=F("maker_id"))
                & (Q(maker_person__isnull=True) | ~Q(checker=F("maker_person"))),
                name="pending_act_two_people",
            ),
            models.CheckConstraint(
                condition=Q(state=PendingActState.PENDING) & _UNDECIDED
                | Q(state__in=_CHECKED) & _BY_ANOTHER
                | Q(state__in=(PendingActState.WITHDRAWN, PendingActState.EXPIRED))
                & _BY_NOBODY_ELSE,
                name="pending_act_decided",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=_CHECKED) | Q(decided_at__lt=F("expires_at")),
                name="pending_act_in_time",
            ),
            models.CheckConstraint(
                condition=~Q(state=PendingActState.EXPIRED) | Q(decided_at__gte=F("expires_at")),
                name="pending_act_overdue",
            ),
            models.CheckConstraint(
                condition=Q(state=PendingActState.FAILED) & ~Q(reason_code="")
                | ~Q(state=PendingActState.FAILED) & Q(reason_code=""),
                name="pending_act_reason",
            ),
            models.CheckConstraint(
                condition=Q(result_id__isnull=True)
                | Q(state__in=(PendingActState.AGREED, PendingActState.FAILED)),
                name="pending_act_result",
            ),
            models.CheckConstraint(
                condition=Q(amount_minor__isnull=True, currency__isnull=True)
                | Q(amount_minor__range=(0, MAX_MINOR), currency__regex=r"^[A-Z]{3}$"),
                name="pending_act_amount",
            ),
            models.CheckConstraint(
                condition=Q(maker_kind=ActorKind.USER.value, maker_person=F("maker_id"))
                | Q(maker_kind=ActorKind.API_KEY.value, organization__isnull=False),
                name="pending_act_maker",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("made_at")), name="pending_act_lives"
            ),
            models.CheckConstraint(
                condition=Q(expires_at__lte=F("made_at") + LONGEST_WAIT), name="pending_act_ends"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"


class DualControlPolicy(models.Model):
    """Which acts of an organization's people take a second person; without a row, none.

    Payments have thresholds of their own, by currency, in the wallets room.
    """

    organization = models.OneToOneField(
        Organization, on_delete=models.PROTECT, primary_key=True, related_name="dual_control_policy"
    )
    roles = models.BooleanField(default=False, help_text="Making somebody an officer.")
    journals = models.BooleanField(default=False, help_text="Entries by hand, and undoing them.")
    terms = models.BooleanField(default=False, help_text="Fees and clearing caps.")
    set_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.organization_id)
