"""Webhooks: managing endpoints, writing deliveries down, carrying them out, noting what came of it.

Each event becomes one delivery per endpoint in the transaction in which the event is taken in. A
worker claims due deliveries, sends them outside of any transaction, and notes the outcome. One that
dies in between loses its lease, and the delivery is made again under the same `webhook-id`.
"""

from __future__ import annotations

from notifications.services.webhooks.claiming import Claim, claim_due
from notifications.services.webhooks.endpoints import (
    NewEndpoint,
    add_endpoint,
    change_endpoint,
    enable_endpoint,
    pause_endpoint,
    remove_endpoint,
)
from notifications.services.webhooks.noting import note_outcome
from notifications.services.webhooks.recording import write_deliveries
from notifications.services.webhooks.resending import resend, try_endpoint
from notifications.services.webhooks.secrets import rotate_secret
from notifications.services.webhooks.sweeping import sweep

__all__ = [
    "Claim",
    "NewEndpoint",
    "add_endpoint",
    "change_endpoint",
    "claim_due",
    "enable_endpoint",
    "note_outcome",
    "pause_endpoint",
    "remove_endpoint",
    "resend",
    "rotate_secret",
    "sweep",
    "try_endpoint",
    "write_deliveries",
]
