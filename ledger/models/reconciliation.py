"""Checks of the books that were made, and what they found."""

from __future__ import annotations

from django.db import models

from kernel.actor import Door
from kernel.models import IdentifiedModel


class ReconcileJob(IdentifiedModel):
    """One run of the checker over one snapshot. Append-only.

    `passes` lists, in order, what each pass saw: name, claim, visited, found, seconds.
    """

    organization = models.ForeignKey(
        "accounts.Organization",
        models.PROTECT,
        null=True,
        related_name="+",
        help_text="Null: the books of all organizations.",
    )
    whole = models.BooleanField(help_text="Whether every pass ran over every organization.")
    door = models.TextField(choices=[(door.value, door.name.title()) for door in Door])
    request_id = models.TextField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    visited = models.BigIntegerField(help_text="Rows looked at, by all passes together.")
    found = models.BigIntegerField(help_text="Rows that break a rule.")
    passes = models.JSONField(default=list)
    not_verified = models.JSONField(default=list)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.found} findings" if self.found else "clean"


class ReconcileFinding(models.Model):
    """One row of the books that breaks a rule, as one job saw it. Append-only.

    A job names the first hundred of each pass. `organization_id` and `subject_id` are no foreign
    keys: a finding may be that the row they name is missing.
    """

    job = models.ForeignKey(ReconcileJob, models.PROTECT, related_name="findings")
    check_name = models.TextField(help_text="The pass.")
    rule = models.TextField()
    organization_id = models.UUIDField(null=True)
    subject = models.TextField(help_text="What kind of thing: account, entry, transfer, ...")
    subject_id = models.TextField()
    facts = models.JSONField(default=dict)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.rule}: {self.subject} {self.subject_id}"
