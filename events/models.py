"""The outbox: facts written in the transaction that made them true, carried out by the relay.

Two more columns exist in the database only, for the relay: `commit_xid` (the writing transaction)
and `sequence` (drawn as the row is written). `events.relay.cursor` says how it reads by them.
"""

from __future__ import annotations

from django.db import models

from kernel.models import IdentifiedModel


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
    """How far the outbox is published; one row, moved by one relay at a time.

    `since` and `until` are snapshots of PostgreSQL; `events.relay.cursor` says what they mean.
    """

    name = models.TextField(primary_key=True)
    cluster = models.TextField()
    since = models.TextField()
    until = models.TextField(null=True)
    position = models.BigIntegerField()
    highest = models.BigIntegerField()
    epoch = models.BigIntegerField()
    moved_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.name} at {self.highest}"
