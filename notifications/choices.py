"""Closed lists of this room."""

from __future__ import annotations

from django.db import models


class EndpointStatus(models.TextChoices):
    """Whether events go to an endpoint, wait for it, or are not written down for it at all."""

    ENABLED = "enabled", "Enabled"
    PAUSED = "paused", "Paused"
    DISABLED = "disabled", "Disabled"


class StatusReason(models.TextChoices):
    """Why an endpoint is paused or disabled."""

    NONE = "", "—"
    BY_HAND = "by_hand", "Paused by hand"
    FAILING = "failing", "Failed for three days"
    GONE = "gone", "Answered 410 Gone"
    REMOVED = "removed", "Removed"


class DeliveryState(models.TextChoices):
    """Pending until it was delivered, given up or called off."""

    PENDING = "pending", "Pending"
    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Failed"
    CANCELED = "canceled", "Canceled"


class Failure(models.TextChoices):
    """Why an attempt did not succeed."""

    NONE = "", "—"
    STATUS = "status", "The answer was no success"
    REDIRECT = "redirect", "The answer was a redirect"
    TIMEOUT = "timeout", "No answer in time"
    UNRESOLVED = "unresolved", "The name has no address"
    ADDRESS_REFUSED = "address_refused", "The address is not a public one"
    CONNECTION_FAILED = "connection_failed", "No connection"
    CONNECTION_BROKEN = "connection_broken", "The connection broke off"
    TLS_FAILED = "tls_failed", "The certificate or TLS was refused"
    UNREADABLE_SECRET = "unreadable_secret", "The signing secret cannot be read"


class Topic(models.TextChoices):
    """What a person chooses the channels of."""

    MONEY_IN = "money_in", "Money received"
    MONEY_OUT = "money_out", "Money sent"
    HOLDS = "holds", "Holds"
    PAYOUTS = "payouts", "Payouts to a bank"
    ACTS = "acts", "What takes two people"
    VERIFICATION = "verification", "Identity verification"
    SECURITY = "security", "Security"
