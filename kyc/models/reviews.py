"""The platform's side of a case: what providers answered and what was decided.

No organization sees these rows, whatever its role: they may speak of other people's cases.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from accounts.models import Organization, User
from kernel.actor import ActorKind
from kernel.models import IdentifiedModel
from kyc.choices import Outcome, Reason, Tier, Verdict
from kyc.models.cases import Case


class Check(IdentifiedModel):
    """One question to a provider about one round of a case, written before it is asked.

    :ivar findings: short codes of what the provider, or our own comparison, found.
    """

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+")
    case = models.ForeignKey(Case, models.PROTECT, related_name="checks")
    round = models.PositiveSmallIntegerField()
    attempt = models.PositiveSmallIntegerField()
    provider = models.TextField()
    asked_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    outcome = models.TextField(choices=Outcome, null=True)
    findings = models.JSONField(default=list)
    reference = models.TextField(blank=True, help_text="The provider's own name for its answer.")

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=["case", "round", "attempt"], name="kyc_check_once"),
            models.CheckConstraint(
                condition=Q(outcome__isnull=True, answered_at__isnull=True)
                | Q(outcome__in=Outcome.values, answered_at__isnull=False),
                name="kyc_check_answer",
            ),
        )

    def __str__(self) -> str:
        return f"{self.provider}: {self.outcome or 'waiting'}"


class Decision(IdentifiedModel):
    """One decision; nobody decides about themselves. `note` is for staff, `reason` for all."""

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+")
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    case = models.ForeignKey(Case, models.PROTECT, related_name="decisions")
    verdict = models.TextField(choices=Verdict)
    tier = models.PositiveSmallIntegerField(choices=Tier, help_text="The person's tier after it.")
    reason = models.TextField(choices=Reason)
    note = models.TextField(blank=True)
    actor_kind = models.TextField(choices=[(kind.value, kind.name.title()) for kind in ActorKind])
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField()

    class Meta:
        ordering = ("id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(verdict__in=Verdict.values, reason__in=Reason.values),
                name="kyc_decision_words",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True, actor_kind=ActorKind.SYSTEM.value)
                | Q(decided_by__isnull=False, actor_kind=ActorKind.USER.value)
                & ~Q(decided_by=F("user")),
                name="kyc_decision_by_another",
            ),
        )

    def __str__(self) -> str:
        return Verdict(self.verdict).label
