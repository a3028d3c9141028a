"""Endpoints and deliveries as answers show them."""

from __future__ import annotations

from typing import Any

from api.v1.rendering import instant
from kernel import ids
from notifications.choices import DeliveryState
from notifications.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint


def rendered_endpoint(row: WebhookEndpoint) -> dict[str, Any]:
    """One endpoint, never with its secret."""
    return {
        "id": ids.encode("whe", row.id),
        "organization": ids.encode("org", row.organization_id),
        "url": row.url,
        "description": row.description,
        "events": list(row.event_names),
        "status": row.status,
        "status_reason": row.status_reason or None,
        "created_at": instant(row.created_at),
        "changed_at": instant(row.changed_at),
        "failing_since": instant(row.failing_since),
        "resting_until": instant(row.resting_until),
    }


def rendered_delivery(row: WebhookDelivery) -> dict[str, Any]:
    """One delivery."""
    pending = row.state == DeliveryState.PENDING
    return {
        "id": ids.encode("whd", row.id),
        "endpoint": ids.encode("whe", row.endpoint_id),
        "event_id": str(row.event_id),
        "event": row.event_name,
        "state": row.state,
        "attempts": row.attempts,
        "created_at": instant(row.created_at),
        "next_attempt_at": instant(row.next_attempt_at) if pending else None,
        "finished_at": instant(row.finished_at),
    }


def rendered_attempt(row: WebhookAttempt) -> dict[str, Any]:
    """One request with its answer."""
    return {
        "number": row.number,
        "began_at": instant(row.began_at),
        "took_ms": row.took_ms,
        "url": row.url,
        "address": row.address,
        "request_headers": row.request_headers,
        "status": row.status,
        "failure": row.failure or None,
        "answer_headers": row.answer_headers,
        "answer_body": row.answer_body,
    }
