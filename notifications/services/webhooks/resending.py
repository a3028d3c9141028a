"""Sending once more what is over, and trying an endpoint."""

from __future__ import annotations

import datetime as dt
import uuid

from accounts import policy
from accounts.services.networks.standing import from_known_network
from audit.services import record
from events.catalogue.notifications import TESTED
from events.services import emit
from kernel.actor import Actor
from kernel.errors import NotFound
from kernel.transactions import needs_transaction, opens_transaction
from notifications.choices import DeliveryState, EndpointStatus
from notifications.errors import DeliveryUnderWay, WebhookEndpointNotEnabled
from notifications.models import WebhookDelivery, WebhookEndpoint
from notifications.queries import visible_deliveries
from notifications.services.webhooks.telling import locked_endpoint, record_act
from notifications.webhooks.times import LIFETIME


@from_known_network("webhooks.manage")
@opens_transaction
def resend(*, actor: Actor, delivery_id: uuid.UUID, now: dt.datetime) -> WebhookDelivery:
    """Deliver again what is over, under the same `webhook-id`, with as many tries as at first.

    Locks the endpoint and the delivery. Records `notifications.webhook_delivery.resend`.

    :raises PermissionDenied: unless the actor carries `webhooks.manage`.
    :raises NotFound: if there is no such delivery in the actor's view.
    :raises WebhookEndpointNotEnabled: if its endpoint is paused or disabled.
    :raises DeliveryUnderWay: if it is not over.
    """
    policy.require(actor, "webhooks.manage")
    found = visible_deliveries(actor).filter(id=delivery_id).first()
    if found is None:
        raise NotFound("There is no such delivery.")
    endpoint = locked_endpoint(actor=actor, endpoint_id=found.endpoint_id)
    _require_enabled(endpoint)
    delivery = WebhookDelivery.objects.select_for_update(of=("self",), no_key=True).get(id=found.id)
    if delivery.state == DeliveryState.PENDING:
        raise DeliveryUnderWay()
    delivery.state = DeliveryState.PENDING
    delivery.tries = 0
    delivery.next_attempt_at = now
    delivery.expires_at = now + LIFETIME
    delivery.finished_at = None
    delivery.save(update_fields=["state", "tries", "next_attempt_at", "expires_at", "finished_at"])
    record(
        actor=actor,
        action="notifications.webhook_delivery.resend",
        subject_type="webhook_delivery",
        subject_id=delivery.id,
        organization_id=delivery.organization_id,
        metadata={"event_id": str(delivery.event_id), "endpoint_id": str(endpoint.id)},
        now=now,
    )
    return delivery


@from_known_network("webhooks.manage")
@opens_transaction
def try_endpoint(*, actor: Actor, endpoint_id: uuid.UUID, now: dt.datetime) -> None:
    """Emit `notifications.webhook_endpoint.tested`, which goes to this endpoint alone.

    It takes the way of every event: outbox, stream, delivery. Locks the endpoint. Records
    `notifications.webhook_endpoint.test`.

    :raises PermissionDenied: unless the actor carries `webhooks.manage`.
    :raises NotFound: if there is no such endpoint in the actor's view.
    :raises WebhookEndpointNotEnabled: if it is paused or disabled.
    """
    policy.require(actor, "webhooks.manage")
    endpoint = locked_endpoint(actor=actor, endpoint_id=endpoint_id)
    _require_enabled(endpoint)
    record_act(actor=actor, endpoint=endpoint, verb="test", now=now)
    emit(
        name=TESTED,
        organization_id=endpoint.organization_id,
        subject_id=endpoint.id,
        payload={"webhook_endpoint_id": str(endpoint.id)},
        actor=actor,
        now=now,
    )


@needs_transaction
def _require_enabled(endpoint: WebhookEndpoint) -> None:
    if endpoint.status != EndpointStatus.ENABLED:
        raise WebhookEndpointNotEnabled("Enable the endpoint first.")
