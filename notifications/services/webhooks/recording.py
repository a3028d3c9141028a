"""An event becomes one delivery for each endpoint that wants it."""

from __future__ import annotations

import datetime as dt

from django.db.models import Q

from events.catalogue.notifications import TESTED
from events.consuming import Event
from kernel.transactions import needs_transaction
from notifications.choices import DeliveryState, EndpointStatus
from notifications.models import WebhookDelivery, WebhookEndpoint
from notifications.webhooks.times import LIFETIME


@needs_transaction
def write_deliveries(event: Event, now: dt.datetime) -> None:
    """Write down what has to be sent, in the transaction that notes the event as taken.

    For endpoints that are paused as well: it waits until they are enabled, or expires. Not for one
    that was added after the event: what is replayed from long ago is no news to it.
    """
    if event.organization_id is None:
        return
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
            for endpoint in _wanting(event)
        ],
        ignore_conflicts=True,
    )


@needs_transaction
def _wanting(event: Event) -> list[WebhookEndpoint]:
    owned = Q(("organization_id", event.organization_id))
    rows = WebhookEndpoint.objects.filter(owned, created_at__lte=event.occurred_at)
    open_ones = rows.exclude(status=EndpointStatus.DISABLED).order_by("id")
    if event.name == TESTED:
        return list(open_ones.filter(Q(("id", event.subject_id))))
    return list(open_ones.filter(Q(event_names=[]) | Q(event_names__contains=[event.name])))
