"""Events of what tells the outside."""

from __future__ import annotations

from events.catalogue.shapes import TEXT, TEXTS, UUID, EventType

_ENDPOINT = {
    "webhook_endpoint_id": UUID,
    "status": TEXT,
    "status_reason": TEXT,
    "event_names": TEXTS,
}
TESTED = "notifications.webhook_endpoint.tested"

NOTIFICATIONS = (
    EventType(
        "notifications.webhook_endpoint.added", "Events are sent to a server more.", _ENDPOINT
    ),
    EventType(
        "notifications.webhook_endpoint.changed",
        "An endpoint's address, filter or status is another now.",
        _ENDPOINT,
    ),
    EventType(
        "notifications.webhook_endpoint.removed", "Nothing is sent to a server now.", _ENDPOINT
    ),
    EventType(
        "notifications.webhook_endpoint.secret_rotated",
        "Deliveries are signed with another secret; the one before signs for a day, too.",
        {"webhook_endpoint_id": UUID},
    ),
    EventType(
        TESTED,
        "Somebody tries an endpoint: sent to it alone, whatever its filter.",
        {"webhook_endpoint_id": UUID},
    ),
)
