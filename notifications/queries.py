"""Reading endpoints and deliveries: always what one actor may see; row security decides whose."""

from __future__ import annotations

import uuid

from django.db.models import Q, QuerySet

from kernel.actor import Actor
from kernel.errors import NotFound
from notifications.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint


def visible_endpoints(actor: Actor) -> QuerySet[WebhookEndpoint]:
    """The organization's endpoints, everybody's for the platform; none that was removed."""
    rows = WebhookEndpoint.objects.filter(removed_at=None)
    return rows if actor.is_platform else rows.filter(_own(actor))


def endpoint_of(*, actor: Actor, endpoint_id: uuid.UUID) -> WebhookEndpoint:
    """One of them.

    :raises NotFound: if it is not there or not the actor's.
    """
    found = visible_endpoints(actor).filter(id=endpoint_id).first()
    if found is None:
        raise NotFound("There is no such webhook endpoint.")
    return found


def visible_deliveries(actor: Actor) -> QuerySet[WebhookDelivery]:
    """Deliveries of visible endpoints, newest first."""
    rows = WebhookDelivery.objects.filter(endpoint__removed_at=None)
    return rows if actor.is_platform else rows.filter(_own(actor))


def delivery_of(*, actor: Actor, delivery_id: uuid.UUID) -> WebhookDelivery:
    """One of them.

    :raises NotFound: if it is not there or not the actor's.
    """
    found = visible_deliveries(actor).select_related("endpoint").filter(id=delivery_id).first()
    if found is None:
        raise NotFound("There is no such delivery.")
    return found


def attempts_of(delivery: WebhookDelivery, *, most: int) -> list[WebhookAttempt]:
    """Its last attempts, newest first."""
    return list(delivery.log.order_by("-number")[:most])


def _own(actor: Actor) -> Q:
    return Q(("organization_id", actor.organization_id))
