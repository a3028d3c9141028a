"""An event becomes one delivery for each endpoint that wants it."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence

from django.db.models import Q

from events.catalogue.notifications import TESTED
from events.consuming import Event
from kernel.transactions import needs_transaction
from notifications.choices import DeliveryState, EndpointStatus
from notifications.models import WebhookDelivery, WebhookEndpoint
from notifications.webhooks.times import LIFETIME


@needs_transaction
def write_deliveries(events: Sequence[Event], now: dt.datetime) -> None:
    """Write down what has to be sent, in the transaction that notes the events as taken.

    For endpoints that are paused as well: it waits until they are enabled, or expires. Not for one
    that was added after the event: what is replayed from long ago is no news to it.

    :param events: of any organizations; they cost two statements however many they are.
    """
    endpoints = _open_endpoints(events)
    WebhookDelivery.objects.bulk_create(
        [
            WebhookDelivery(
                organization_id=endpoint.organization_id,
                endpoint=endpoint,
                event_id=event.id,
                event_name=event.name,
                body=event.body,
                state=DeliveryState.PENDING,
                created_at=now,
                next_attempt_at=now,
                expires_at=now + LIFETIME,
            )
            for event in events
            for endpoint in endpoints.get(event.organization_id, ())
            if _wants(endpoint, event)
        ],
        ignore_conflicts=True,
    )


@needs_transaction
def _open_endpoints(events: Sequence[Event]) -> Mapping[uuid.UUID | None, list[WebhookEndpoint]]:
    """Those of the events' organizations, of each in the order in which they were added."""
    owners = {event.organization_id for event in events} - {None}
    rows = WebhookEndpoint.objects.filter(Q(("organization_id__in", owners)))
    found: dict[uuid.UUID | None, list[WebhookEndpoint]] = defaultdict(list)
    for endpoint in rows.exclude(status=EndpointStatus.DISABLED).order_by("id"):
        found[endpoint.organization_id].append(endpoint)
    return found


def _wants(endpoint: WebhookEndpoint, event: Event) -> bool:
    if endpoint.created_at > event.occurred_at:
        return False
    if event.name == TESTED:
        return endpoint.id == event.subject_id
    return not endpoint.event_names or event.name in endpoint.event_names
