"""Applications, and what they led to.

A *case* is one application of one person for one tier. A *standing* is the tier a person has now.
Personal details are sealed by the vault under the person's own key; what can be compared without
opening them is a keyed hash, the *index*.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.models import Organization, User
from kernel.models import IdentifiedModel
from kyc.choices import CaseState, IdType, Reason, Tier
from kyc.policy import MAX_ROUNDS

_OPEN = [CaseState.DRAFT, CaseState.SUBMITTED, CaseState.IN_REVIEW, CaseState.MORE_INFO]
_ASKED = [Tier.BASIC, Tier.FULL]


class Case(IdentifiedModel):
    """One application. Its states move one way; approved and rejected are ends.

    :ivar rounds: how often it was sent in.
    :ivar screening_at: when a provider is asked next; null: no more.
    """

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+")
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    tier = models.PositiveSmallIntegerField(choices=Tier, help_text="The tier asked for.")
    state = models.TextField(choices=CaseState, default=CaseState.DRAFT)
    rounds = models.PositiveSmallIntegerField(default=0)
    country = models.TextField(help_text="ISO 3166-1 alpha-2, of the paper.")
    id_type = models.TextField(choices=IdType)
    sealed_legal_name = models.BinaryField()
    sealed_date_of_birth = models.BinaryField()
    sealed_id_number = models.BinaryField()
    id_index = models.BinaryField(max_length=32)
    reason = models.TextField(choices=Reason, null=True)
    created_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    screening_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=["user"], condition=Q(state__in=_OPEN), name="kyc_case_one_open"
            ),
            models.CheckConstraint(condition=Q(state__in=CaseState.values), name="kyc_case_state"),
            models.CheckConstraint(condition=Q(tier__in=_ASKED), name="kyc_case_tier"),
            models.CheckConstraint(condition=Q(id_type__in=IdType.values), name="kyc_case_id_type"),
            models.CheckConstraint(
                condition=Q(rounds__lte=MAX_ROUNDS) & (Q(rounds=0) | Q(submitted_at__isnull=False)),
                name="kyc_case_rounds",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[CaseState.APPROVED, CaseState.REJECTED])
                & Q(decided_at__isnull=False, reason__isnull=False)
                | Q(
                    state__in=[
                        CaseState.DRAFT,
                        CaseState.SUBMITTED,
                        CaseState.IN_REVIEW,
                        CaseState.MORE_INFO,
                    ],
                    decided_at__isnull=True,
                ),
                name="kyc_case_decided",
            ),
        )
        indexes = (
            models.Index(fields=["id_index"], name="kyc_case_id_index"),
            models.Index(fields=["user", "-id"], name="kyc_case_of_user"),
            models.Index(
                fields=["screening_at"],
                condition=Q(screening_at__isnull=False),
                name="kyc_case_screening",
            ),
            models.Index(
                fields=["submitted_at"],
                condition=Q(state__in=[CaseState.SUBMITTED, CaseState.IN_REVIEW]),
                name="kyc_case_queue",
            ),
        )

    def __str__(self) -> str:
        return f"{Tier(self.tier).label} · {CaseState(self.state).label}"


class Standing(models.Model):
    """The tier a person has now, and by which case. Nobody without a row has one.

    Written under the platform's view only; read where money moves. Within one organization no two
    people stand by the same government ID.
    """

    user = models.OneToOneField(User, models.PROTECT, primary_key=True, related_name="+")
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+")
    tier = models.PositiveSmallIntegerField(choices=Tier)
    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    id_index = models.BinaryField(max_length=32)
    since = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["organization", "id_index"],
                condition=Q(tier__gt=Tier.UNVERIFIED),
                name="kyc_standing_one_identity",
            ),
            models.CheckConstraint(condition=Q(tier__in=Tier.values), name="kyc_standing_tier"),
        )

    def __str__(self) -> str:
        return Tier(self.tier).label
