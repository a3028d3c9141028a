"""Evidence. Rows hold ids, not foreign keys: a record outlives whatever it speaks of.

Four more columns exist in the database only: of a record `commit_xid` (the transaction that wrote
it) and `sequence`; of a seal `up_to`, the transaction below which everything was sealed; of the
chain `line`, the same as this server counts transactions.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from kernel.actor import ActorKind, Door
from kernel.models import IdentifiedModel


class AuditRecord(IdentifiedModel):
    """One act: who did what to which subject, when, through which door and request.

    The database refuses every UPDATE, DELETE and TRUNCATE, to the table's owner as well.
    """

    at = models.DateTimeField(help_text="When the act was asked for, from the door.")
    organization_id = models.UUIDField(null=True, help_text="Null for acts on the platform itself.")
    actor_kind = models.TextField(choices=[(kind.value, kind.name.title()) for kind in ActorKind])
    actor_id = models.UUIDField(null=True)
    actor_display = models.TextField(blank=True)
    action = models.TextField(help_text="room.noun.verb, stable.")
    subject_type = models.TextField()
    subject_id = models.UUIDField(null=True)
    door = models.TextField(choices=[(door.value, door.name.title()) for door in Door])
    scope = models.TextField(blank=True, help_text="The named widening of the view, if any.")
    request_id = models.TextField()
    ip = models.GenericIPAddressField(null=True)
    metadata = models.JSONField(default=dict)

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(fields=["organization_id", "-id"], name="audit_organization"),
            models.Index(fields=["subject_id"], name="audit_subject"),
        )

    def __str__(self) -> str:
        return f"{self.action} {self.subject_type} {self.subject_id}"


class AuditSeal(models.Model):
    """One link of the chain over all records: append-only, signed, and naming the link before it.

    What its bytes are made of is said in `audit.chain`.
    """

    number = models.BigIntegerField(primary_key=True, help_text="From 1, without gaps.")
    sealed_at = models.DateTimeField()
    record_count = models.IntegerField()
    sequences = ArrayField(models.BigIntegerField(), help_text="The records, in their order.")
    leaves = ArrayField(models.BinaryField(), help_text="Their digests, in the same order.")
    root = models.BinaryField(help_text="Of the Merkle tree over the leaves.")
    previous = models.BinaryField(unique=True, help_text="The digest of the seal before.")
    digest = models.BinaryField()
    kid = models.TextField(help_text="The key that signed.")
    signature = models.BinaryField(help_text="Ed25519 over the digest.")

    class Meta:
        ordering = ("-number",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(record_count__gt=0, number__gt=0), name="audit_seal_of_records"
            ),
        )

    def __str__(self) -> str:
        return f"seal {self.number}"


class AuditChain(models.Model):
    """What is known of the chain beside its seals: one row, which the database itself keeps.

    Seals that are gone are missed here even where there is no file of heads.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    number = models.BigIntegerField(help_text="Of the last seal ever made; 0 before the first.")
    digest = models.BinaryField(help_text="Of that seal.")
    refused_since = models.DateTimeField(
        null=True, help_text="Since when nothing is sealed, because the chain is not what it was."
    )
    refused_because = models.TextField(blank=True, default="")

    class Meta:
        constraints = (models.CheckConstraint(condition=models.Q(id=1), name="audit_chain_is_one"),)

    def __str__(self) -> str:
        return f"chain of {self.number}"
