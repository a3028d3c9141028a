"""Taking due deliveries up, so that nobody else does until the lease runs out."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections import Counter

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from kernel.actor import Actor
from kernel.transactions import needs_transaction, opens_transaction
from notifications.choices import DeliveryState, EndpointStatus
from notifications.models import WebhookDelivery, WebhookEndpoint
from notifications.services.webhooks.secrets import signing_keys
from notifications.webhooks.sending import Outgoing

LEASE = dt.timedelta(seconds=60)  # longer than a request may take
AT_ONCE = 4  # to one endpoint: it is somebody's server, and may be a small one


@dataclasses.dataclass(frozen=True, slots=True)
class Claim:
    """A delivery that is this worker's until the lease runs out.

    :param attempt: its number; whoever claims the delivery later has a greater one.
    :param tries: attempts since it was last asked for, this one included.
    """

    delivery_id: uuid.UUID
    endpoint_id: uuid.UUID
    organization_id: uuid.UUID
    attempt: int
    tries: int
    outgoing: Outgoing


@opens_transaction
def claim_due(*, actor: Actor, most: int, now: dt.datetime) -> list[Claim]:
    """Take up to so many due deliveries, at most `AT_ONCE` under way for each endpoint.

    The endpoint served longest ago comes first; of one, what is due longest. No order is promised:
    several are under way at once, and what failed comes later. Locks the endpoints (those that
    somebody else is busy with are passed by) and the deliveries.

    :param actor: the program itself.
    """
    claims: list[Claim] = []
    for endpoint, taken in _under_way(_served(most=most, now=now), now=now):
        wanted = min(AT_ONCE - taken, most - len(claims))
        if wanted > 0:
            claims += _claimed(endpoint=endpoint, most=wanted, now=now)
    return claims


@needs_transaction
def _served(*, most: int, now: dt.datetime) -> list[WebhookEndpoint]:
    waiting = _due(now).filter(endpoint_id=OuterRef("id"))
    rested = Q(resting_until=None) | Q(resting_until__lte=now)
    rows = WebhookEndpoint.objects.filter(
        rested, Exists(waiting.order_by()), status=EndpointStatus.ENABLED
    )
    turn = rows.order_by(F("served_at").asc(nulls_first=True), "id")
    return list(turn.select_for_update(of=("self",), no_key=True, skip_locked=True)[:most])


@needs_transaction
def _under_way(
    endpoints: list[WebhookEndpoint], *, now: dt.datetime
) -> list[tuple[WebhookEndpoint, int]]:
    """Each endpoint with how many are being sent to it; nobody adds to them while it is locked."""
    held = WebhookDelivery.objects.filter(
        endpoint__in=endpoints, state=DeliveryState.PENDING, leased_until__gt=now
    )
    counted = Counter(held.order_by().values_list("endpoint_id", flat=True))
    return [(endpoint, counted[endpoint.id]) for endpoint in endpoints]


@needs_transaction
def _claimed(*, endpoint: WebhookEndpoint, most: int, now: dt.datetime) -> list[Claim]:
    due = _due(now).filter(endpoint=endpoint).order_by("next_attempt_at", "id")
    rows = list(due.select_for_update(of=("self",), no_key=True, skip_locked=True)[:most])
    if not rows:
        return []
    WebhookDelivery.objects.filter(id__in=[row.id for row in rows]).update(
        attempts=F("attempts") + 1, tries=F("tries") + 1, leased_until=now + LEASE
    )
    WebhookEndpoint.objects.filter(id=endpoint.id).update(served_at=now)
    keys = signing_keys(endpoint=endpoint, now=now)
    return [_claim(endpoint, row, keys) for row in rows]


def _due(now: dt.datetime) -> QuerySet[WebhookDelivery]:
    free = Q(leased_until=None) | Q(leased_until__lte=now)
    return WebhookDelivery.objects.filter(
        free, state=DeliveryState.PENDING, next_attempt_at__lte=now, expires_at__gt=now
    )


def _claim(endpoint: WebhookEndpoint, row: WebhookDelivery, keys: tuple[str, ...]) -> Claim:
    return Claim(
        delivery_id=row.id,
        endpoint_id=endpoint.id,
        organization_id=endpoint.organization_id,
        attempt=row.attempts + 1,
        tries=row.tries + 1,
        outgoing=Outgoing(
            url=endpoint.url, message_id=str(row.event_id), body=row.body.encode(), keys=keys
        ),
    )
