"""Sagas as they stand, and every attempt at their steps."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from events.choices import AttemptState, SagaState
from kernel.models import IdentifiedModel

ENDED = (SagaState.COMPLETED, SagaState.COMPENSATED)
LIVE = (SagaState.RUNNING, SagaState.COMPENSATING)
# What changes while it goes on; the rest stands from the beginning.
MOVING = (
    "state",
    "step",
    "attempts",
    "fence",
    "turned",
    "reason",
    "due_at",
    "lease_until",
    "deadline_at",
    "ended_at",
)


class Saga(IdentifiedModel):
    """One act of several steps.

    :ivar step: the number of the step to do next, or to undo next while COMPENSATING.
    :ivar attempts: how often that was tried.
    :ivar fence: grows with every lease; who writes must hold the last one.
    :ivar turned: whether undoing met what could not be undone, so that it went on after all. Once.
    :ivar reason: why it is undone, or stuck: a stable code.
    """

    name = models.TextField()
    organization_id = models.UUIDField()
    subject_id = models.UUIDField()
    data = models.JSONField(default=dict)
    request_id = models.TextField()
    state = models.TextField(choices=SagaState)
    step = models.PositiveSmallIntegerField()
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    fence = models.BigIntegerField(default=0, db_default=0)
    turned = models.BooleanField(default=False, db_default=False)
    reason = models.TextField(blank=True, default="", db_default="")
    due_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    deadline_at = models.DateTimeField()
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=["name", "subject_id"], name="saga_one_for_subject"),
            models.CheckConstraint(
                condition=Q(state__in=SagaState.values), name="saga_state_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=ENDED, ended_at__isnull=False, lease_until__isnull=True)
                | ~Q(state__in=ENDED) & Q(ended_at__isnull=True),
                name="saga_ended_whole",
            ),
            models.CheckConstraint(
                condition=Q(state__in=LIVE) | Q(lease_until__isnull=True), name="saga_lease_live"
            ),
        )
        indexes = (
            models.Index(fields=["due_at"], name="saga_due", condition=Q(state__in=LIVE)),
            models.Index(fields=["state", "-id"], name="saga_by_state"),
            models.Index(fields=["organization_id", "-id"], name="saga_organization"),
        )

    def __str__(self) -> str:
        return f"{self.name} {self.subject_id} {self.state}"


class SagaAttempt(IdentifiedModel):
    """One attempt at one step, noted before it was made.

    :ivar error: the class of what was raised; never its text, which may name people.
    """

    saga = models.ForeignKey(Saga, models.PROTECT, related_name="tries")
    organization_id = models.UUIDField()
    number = models.PositiveSmallIntegerField(help_text="Of the step, from 0.")
    name = models.TextField()
    undoing = models.BooleanField()
    fence = models.BigIntegerField()
    state = models.TextField(choices=AttemptState)
    error = models.TextField(blank=True, default="", db_default="")
    noted_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=["saga", "fence"], name="saga_attempt_one_for_lease"),
            models.UniqueConstraint(
                fields=["saga"],
                name="saga_attempt_one_open",
                condition=Q(state=AttemptState.OPEN),
            ),
            models.CheckConstraint(
                condition=Q(state=AttemptState.OPEN, ended_at__isnull=True)
                | ~Q(state=AttemptState.OPEN) & Q(ended_at__isnull=False),
                name="saga_attempt_whole",
            ),
            models.CheckConstraint(
                condition=Q(state__in=AttemptState.values), name="saga_attempt_state"
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} {self.state}"
