"""Where an organization wants its events sent, and what became of each.

An endpoint has secrets (the current one, and the one before while it still signs too); a delivery
is one event for one endpoint; an attempt is one request with its answer.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from kernel.models import IdentifiedModel
from notifications.choices import DeliveryState, EndpointStatus, Failure, StatusReason

URL_LENGTH = 500
DESCRIPTION_LENGTH = 200


class WebhookEndpoint(IdentifiedModel):
    """A server of an organization's to which its events are sent.

    :ivar event_names: what is sent; empty: every event of the organization.
    :ivar failing_since: of the first failure after the last success; null: it is well.
    :ivar resting_until: it asked for quiet (429, 503): nothing is sent before.
    :ivar served_at: when deliveries were last taken up, so that all endpoints have their turn.
    """

    organization = models.ForeignKey(
        "accounts.Organization", on_delete=models.PROTECT, related_name="+"
    )
    url = models.CharField(max_length=URL_LENGTH)
    description = models.CharField(max_length=DESCRIPTION_LENGTH)
    event_names = ArrayField(models.CharField(max_length=80))
    status = models.CharField(max_length=10, choices=EndpointStatus)
    status_reason = models.CharField(max_length=10, choices=StatusReason)
    created_by_id = models.UUIDField(null=True, help_text="A person; null: a program.")
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    failing_since = models.DateTimeField(null=True)
    resting_until = models.DateTimeField(null=True)
    served_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(status=EndpointStatus.ENABLED, status_reason=StatusReason.NONE)
                | (
                    Q(status__in=(EndpointStatus.PAUSED, EndpointStatus.DISABLED))
                    & ~Q(status_reason=StatusReason.NONE)
                ),
                name="notifications_webhookendpoint_reason",
            ),
            models.CheckConstraint(
                condition=Q(removed_at__isnull=True)
                | Q(status=EndpointStatus.DISABLED, status_reason=StatusReason.REMOVED),
                name="notifications_webhookendpoint_removed",
            ),
        )

    def __str__(self) -> str:
        return self.url


class WebhookSecret(IdentifiedModel):
    """What deliveries are signed with, sealed by the vault.

    :ivar expires_at: null while it is the current one; the one before signs until then.
    """

    organization_id = models.UUIDField()
    endpoint = models.ForeignKey(
        WebhookEndpoint, on_delete=models.PROTECT, related_name="secrets", db_constraint=False
    )
    sealed = models.BinaryField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=["endpoint"],
                condition=Q(expires_at__isnull=True),
                name="notifications_webhooksecret_current",
            ),
        )

    def __str__(self) -> str:
        return f"secret of {self.created_at:%Y-%m-%d %H:%M}"


class WebhookDelivery(IdentifiedModel):
    """One event on its way to one endpoint.

    :ivar body: the message as it stands in the stream, sent word for word.
    :ivar attempts: begun, answered or not, in all.
    :ivar tries: the same since it was last asked for: these are bounded.
    :ivar next_attempt_at: when it is due.
    :ivar leased_until: somebody is at it until then at the latest.
    :ivar expires_at: given up after that, also for an endpoint that stays paused.
    """

    organization_id = models.UUIDField()
    endpoint = models.ForeignKey(
        WebhookEndpoint, on_delete=models.PROTECT, related_name="deliveries", db_constraint=False
    )
    event_id = models.UUIDField()
    event_name = models.CharField(max_length=80)
    body = models.TextField()
    state = models.CharField(max_length=10, choices=DeliveryState)
    attempts = models.PositiveIntegerField(default=0)
    tries = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    next_attempt_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        verbose_name_plural = "webhook deliveries"
        constraints = (
            models.UniqueConstraint(
                fields=["endpoint", "event_id"], name="notifications_webhookdelivery_once"
            ),
            models.CheckConstraint(
                condition=Q(state=DeliveryState.PENDING, finished_at__isnull=True)
                | (
                    Q(state__in=("delivered", "failed", "canceled"))
                    & Q(finished_at__isnull=False, leased_until__isnull=True)
                ),
                name="notifications_webhookdelivery_end",
            ),
        )
        indexes = (
            models.Index(
                fields=["endpoint", "next_attempt_at"],
                condition=Q(state=DeliveryState.PENDING),
                name="notifications_delivery_due",
            ),
            models.Index(
                fields=["expires_at"],
                condition=Q(state=DeliveryState.PENDING),
                name="notifications_delivery_open",
            ),
            models.Index(
                fields=["finished_at"],
                condition=Q(finished_at__isnull=False),
                name="notifications_delivery_done",
            ),
            models.Index(fields=["endpoint", "-id"], name="notifications_delivery_list"),
        )

    def __str__(self) -> str:
        return f"{self.event_name} {self.event_id}"


class WebhookAttempt(IdentifiedModel):
    """One request and what came of it; never changed.

    :ivar address: the address that the name had, to which the connection was made.
    :ivar request_headers: as they were sent; the body is the delivery's.
    :ivar status: of the answer; null: there was none.
    :ivar answer_body: its beginning, unreadable bytes replaced.
    """

    organization_id = models.UUIDField()
    delivery = models.ForeignKey(
        WebhookDelivery, on_delete=models.PROTECT, related_name="log", db_constraint=False
    )
    number = models.PositiveIntegerField()
    began_at = models.DateTimeField()
    took_ms = models.PositiveIntegerField()
    url = models.CharField(max_length=URL_LENGTH)
    address = models.GenericIPAddressField(null=True)
    request_headers = models.JSONField()
    status = models.PositiveSmallIntegerField(null=True)
    failure = models.CharField(max_length=20, choices=Failure)
    answer_headers = models.JSONField()
    answer_body = models.TextField()

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=["delivery", "number"], name="notifications_webhookattempt_number"
            ),
        )

    def __str__(self) -> str:
        return f"attempt {self.number}"
