"""Tables of this room."""

from __future__ import annotations

from notifications.models.notices import Notification, Preference
from notifications.models.webhooks import (
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookSecret,
)

__all__ = [
    "Notification",
    "Preference",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookSecret",
]
