"""Tables of this room."""

from __future__ import annotations

from notifications.models.webhooks import (
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookSecret,
)

__all__ = ["WebhookAttempt", "WebhookDelivery", "WebhookEndpoint", "WebhookSecret"]
