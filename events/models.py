"""The outbox: facts written in the transaction that made them true, carried out by the relay.

Three more columns exist in the database only. By `commit_xid` (the writing transaction) and
`sequence` (drawn as the row is written) `events.relay.cursor` reads; by `written_at`, which is the
database's own clock, a row is old enough to go. Entries of inboxes have `noted_in`, the transaction
that wrote them.
"""

from __future__ import annotations

from django.db import models

from events.choices import DeliveryState
from events.saga.models import Saga, SagaAttempt
from kernel.models import IdentifiedModel

__all__ = [
    "FailedDelivery",
    "InboxEntry",
    "OutboxEvent",
    "RelayCursor",
    "RelayMark",
    "Saga",
    "SagaAttempt",
]


class OutboxEvent(IdentifiedModel):
    """One fact for the outside, named ``room.noun.past_participle``; append-only."""

    name = models.TextField()
    version = models.PositiveSmallIntegerField(default=1)
    organization_id = models.UUIDField(null=True)
    subject_id = models.UUIDField(null=True)
    payload = models.JSONField()
    actor_kind = models.TextField()
    actor_id = models.UUIDField(null=True)
    request_id = models.TextField()
    occurred_at = models.DateTimeField()

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(fields=["organization_id", "-id"], name="outbox_organization"),
            models.Index(fields=["subject_id"], name="outbox_subject"),
        )

    def __str__(self) -> str:
        return f"{self.name} {self.subject_id}"


class RelayCursor(models.Model):
    """How far the outbox is published; one row for each broker, moved by one relay at a time.

    `since` and `until` are snapshots of PostgreSQL; `events.relay.cursor` says what they mean.

    :ivar stream_made_at: which stream it was that acknowledged; None: no broker that could tell.
    :ivar stream_last: the number of the last message it acknowledged.
    :ivar lost_at: since when the relay stands because what was acknowledged is gone.
    """

    name = models.TextField(primary_key=True)
    cluster = models.TextField()
    since = models.TextField()
    until = models.TextField(null=True)
    position = models.BigIntegerField()
    highest = models.BigIntegerField()
    epoch = models.BigIntegerField()
    moved_at = models.DateTimeField(null=True)
    stream_made_at = models.DateTimeField(null=True)
    stream_last = models.BigIntegerField(default=0, db_default=0)
    lost_at = models.DateTimeField(null=True)
    forgotten_before = models.DateTimeField(
        null=True, help_text="Events that occurred before it may have left the outbox."
    )

    def __str__(self) -> str:
        return f"{self.name} at {self.highest}"


class RelayMark(models.Model):
    """An earlier place: all before it stands in the first `stream_last` messages of that stream."""

    pk = models.CompositePrimaryKey("name", "stream_made_at", "stream_last")
    name = models.TextField()
    stream_made_at = models.DateTimeField()
    stream_last = models.BigIntegerField()
    since = models.TextField()
    until = models.TextField(null=True)
    position = models.BigIntegerField()
    noted_at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=["name", "noted_at"], name="relay_mark_noted_at"),)

    def __str__(self) -> str:
        return f"{self.name} at message {self.stream_last}"


class InboxEntry(models.Model):
    """That a consumer has taken an event, written with the effect; there is one for each."""

    pk = models.CompositePrimaryKey("consumer", "event_id")
    consumer = models.TextField()
    event_id = models.UUIDField()
    taken_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "inbox entries"

    def __str__(self) -> str:
        return f"{self.consumer} took {self.event_id}"


class InboxBeginning(models.Model):
    """Since when a consumer's inbox is complete: entries of older events may have been deleted."""

    consumer = models.TextField(primary_key=True)
    forgotten_before = models.DateTimeField()

    class Meta:
        verbose_name_plural = "beginnings of inboxes"

    def __str__(self) -> str:
        return f"{self.consumer} since {self.forgotten_before}"


class FailedDelivery(IdentifiedModel):
    """An event that a consumer could not take: tried again, a dead letter, or over.

    :ivar body: the message as it came, for replaying it however old it is.
    :ivar reason: why somebody discarded it; empty otherwise.
    """

    consumer = models.TextField()
    event_id = models.UUIDField()
    name = models.TextField()
    organization_id = models.UUIDField(null=True)
    body = models.TextField()
    error = models.TextField()
    deliveries = models.PositiveSmallIntegerField()
    state = models.TextField(choices=DeliveryState)
    failed_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True, default="", db_default="")

    class Meta:
        ordering = ("-failed_at",)
        verbose_name_plural = "failed deliveries"
        constraints = (
            models.UniqueConstraint(fields=["consumer", "event_id"], name="failed_delivery_once"),
            models.CheckConstraint(
                condition=models.Q(state__in=DeliveryState.values), name="failed_delivery_state"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=("RETRYING", "DEAD"), settled_at__isnull=True)
                | models.Q(state__in=("TAKEN", "DISCARDED"), settled_at__isnull=False),
                name="failed_delivery_settled_at",
            ),
            models.CheckConstraint(
                condition=models.Q(state="DISCARDED") & ~models.Q(reason="")
                | ~models.Q(state="DISCARDED") & models.Q(reason=""),
                name="failed_delivery_reason",
            ),
        )
        indexes = (models.Index(fields=["state", "-failed_at"], name="failed_delivery_state_at"),)

    def __str__(self) -> str:
        return f"{self.name} for {self.consumer}"
