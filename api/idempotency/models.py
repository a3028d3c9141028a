"""The guard table."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class IdempotencyGuard(models.Model):
    """A request that moves money, known by its key, and its answer once there is one.

    In flight: `status` is null and the lease says until when nobody else may try. Answered: the
    lease is null. Forgotten: the answer's bytes are gone and only the tombstone is left.
    """

    organization_id = models.UUIDField(help_text="All zeros for platform staff.")
    principal = models.CharField(max_length=64)
    route = models.CharField(max_length=40)
    key = models.CharField(max_length=255)
    fingerprint = models.BinaryField(max_length=32, help_text="SHA-256 of route and body.")
    attempt = models.PositiveIntegerField(default=1, help_text="Grows when a lease is taken over.")
    lease_expires_at = models.DateTimeField(null=True)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.BinaryField(null=True)
    headers = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "api_idempotency_guard"
        constraints = (
            models.UniqueConstraint(
                fields=["organization_id", "principal", "route", "key"],
                name="idempotency_guard_scope",
            ),
            models.CheckConstraint(
                condition=Q(status__isnull=True, lease_expires_at__isnull=False, body__isnull=True)
                | Q(status__isnull=False, lease_expires_at__isnull=True),
                name="idempotency_guard_state",
            ),
        )
        indexes = (models.Index(fields=["created_at"], name="idempotency_guard_age"),)

    def __str__(self) -> str:
        return f"{self.route} {self.key}"
