"""Evidence. Rows hold ids, not foreign keys: a record outlives whatever it speaks of."""

from __future__ import annotations

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
