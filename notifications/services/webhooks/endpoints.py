"""Adding, changing, pausing, enabling and removing endpoints."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection
from typing import NamedTuple

from django.conf import settings

from accounts import policy
from accounts.rules import cleaned_name
from accounts.services.lookups import locked_organization
from accounts.services.networks.standing import from_known_network
from events.catalogue import CATALOGUE
from kernel.actor import Actor, ActorKind
from kernel.transactions import needs_transaction, opens_transaction
from notifications.choices import DeliveryState, EndpointStatus, StatusReason
from notifications.errors import TooManyWebhookEndpoints, UnknownEvents
from notifications.models import WebhookDelivery, WebhookEndpoint, WebhookSecret
from notifications.models.webhooks import DESCRIPTION_LENGTH
from notifications.services.webhooks.secrets import keep_new_secret
from notifications.services.webhooks.telling import (
    emit_state,
    locked_endpoint,
    record_act,
    tell_of_target,
)
from notifications.webhooks.targets import checked_url

MOST_ENDPOINTS = 10


class NewEndpoint(NamedTuple):
    """An endpoint, and the secret that is shown this once."""

    endpoint: WebhookEndpoint
    secret: str


@from_known_network("webhooks.manage")
@opens_transaction
def add_endpoint(
    *,
    actor: Actor,
    url: str,
    description: str,
    event_names: Collection[str],
    now: dt.datetime,
) -> NewEndpoint:
    """Have events sent to a server from now on. Locks the organization.

    Emits `notifications.webhook_endpoint.added`; records `notifications.webhook_endpoint.add`;
    mails the owners.

    :param description: may be empty.
    :param event_names: of the catalogue; none: every event of the organization.
    :raises PermissionDenied: unless the actor carries `webhooks.manage` in an organization.
    :raises InvalidWebhookUrl: on an address to which nothing is sent.
    :raises UnknownEvents: on a name that is not in the catalogue.
    :raises TooManyWebhookEndpoints: if the organization has `MOST_ENDPOINTS`.
    :raises NetworkNotTrusted: if the person is on a network that is new to them.
    """
    policy.require(actor, "webhooks.manage")
    organization = locked_organization(policy.own_organization(actor))
    own = WebhookEndpoint.objects.filter(organization=organization, removed_at=None)
    if own.count() >= MOST_ENDPOINTS:
        raise TooManyWebhookEndpoints(facts={"maximum": MOST_ENDPOINTS})
    endpoint = WebhookEndpoint.objects.create(
        organization=organization,
        url=checked_url(url, local=settings.WEBHOOK_LOCAL_TARGETS),
        description=_described(description),
        event_names=_known(event_names),
        status=EndpointStatus.ENABLED,
        status_reason=StatusReason.NONE,
        created_by_id=actor.id if actor.kind is ActorKind.USER else None,
        created_at=now,
        changed_at=now,
    )
    secret = keep_new_secret(endpoint=endpoint, now=now)
    record_act(actor=actor, endpoint=endpoint, verb="add", now=now)
    emit_state(actor=actor, endpoint=endpoint, happened="added", now=now)
    tell_of_target(actor=actor, endpoint=endpoint, now=now)
    return NewEndpoint(endpoint, secret)


@from_known_network("webhooks.manage")
@opens_transaction
def change_endpoint(
    *,
    actor: Actor,
    endpoint_id: uuid.UUID,
    url: str | None = None,
    description: str | None = None,
    event_names: Collection[str] | None = None,
    now: dt.datetime,
) -> WebhookEndpoint:
    """Change what is given; None leaves it. Locks the endpoint.

    What waits goes to the new address. Emits `notifications.webhook_endpoint.changed`; records
    `notifications.webhook_endpoint.change`; mails the owners of another address.

    :raises VaultCraftError: as `add_endpoint`, and `NotFound`.
    """
    policy.require(actor, "webhooks.manage")
    endpoint = locked_endpoint(actor=actor, endpoint_id=endpoint_id)
    before = endpoint.url
    if url is not None:
        endpoint.url = checked_url(url, local=settings.WEBHOOK_LOCAL_TARGETS)
    if description is not None:
        endpoint.description = _described(description)
    if event_names is not None:
        endpoint.event_names = _known(event_names)
    if endpoint.url != before:
        # Another server: what the one before did says nothing about it.
        endpoint.failing_since = endpoint.resting_until = None
        tell_of_target(actor=actor, endpoint=endpoint, now=now)
    _save(actor=actor, endpoint=endpoint, verb="change", now=now)
    return endpoint


@opens_transaction
def pause_endpoint(*, actor: Actor, endpoint_id: uuid.UUID, now: dt.datetime) -> WebhookEndpoint:
    """Send nothing for now; events are kept for it until they expire. Locks the endpoint.

    Pausing what is not enabled changes nothing. Emits `notifications.webhook_endpoint.changed`;
    records `notifications.webhook_endpoint.pause`.

    :raises PermissionDenied: unless the actor carries `webhooks.manage`.
    :raises NotFound: if there is no such endpoint in the actor's view.
    """
    policy.require(actor, "webhooks.manage", stopping=True)
    endpoint = locked_endpoint(actor=actor, endpoint_id=endpoint_id)
    if endpoint.status == EndpointStatus.ENABLED:
        endpoint.status = EndpointStatus.PAUSED
        endpoint.status_reason = StatusReason.BY_HAND
        _save(actor=actor, endpoint=endpoint, verb="pause", now=now)
    return endpoint


@from_known_network("webhooks.manage")
@opens_transaction
def enable_endpoint(*, actor: Actor, endpoint_id: uuid.UUID, now: dt.datetime) -> WebhookEndpoint:
    """Send again, what waits first. Enabling twice changes nothing. Locks the endpoint.

    Emits `notifications.webhook_endpoint.changed`; records `notifications.webhook_endpoint.enable`.

    :raises PermissionDenied: unless the actor carries `webhooks.manage`.
    :raises NotFound: if there is no such endpoint in the actor's view.
    """
    policy.require(actor, "webhooks.manage")
    endpoint = locked_endpoint(actor=actor, endpoint_id=endpoint_id)
    if endpoint.status != EndpointStatus.ENABLED:
        endpoint.status = EndpointStatus.ENABLED
        endpoint.status_reason = StatusReason.NONE
        endpoint.failing_since = endpoint.resting_until = None
        _save(actor=actor, endpoint=endpoint, verb="enable", now=now)
    return endpoint


@opens_transaction
def remove_endpoint(*, actor: Actor, endpoint_id: uuid.UUID, now: dt.datetime) -> None:
    """Send nothing to it any more, for good. What waits is called off. Locks the endpoint.

    The row stays for the record, its secrets do not. Emits
    `notifications.webhook_endpoint.removed`; records `notifications.webhook_endpoint.remove`.

    :raises PermissionDenied: unless the actor carries `webhooks.manage`.
    :raises NotFound: if there is no such endpoint in the actor's view.
    """
    policy.require(actor, "webhooks.manage", stopping=True)
    endpoint = locked_endpoint(actor=actor, endpoint_id=endpoint_id)
    endpoint.status = EndpointStatus.DISABLED
    endpoint.status_reason = StatusReason.REMOVED
    endpoint.removed_at = now
    call_off(endpoint=endpoint, now=now)
    WebhookSecret.objects.filter(endpoint=endpoint).delete()
    _save(actor=actor, endpoint=endpoint, verb="remove", happened="removed", now=now)


@needs_transaction
def call_off(*, endpoint: WebhookEndpoint, now: dt.datetime) -> None:
    """Nothing that waits for it is sent. What is being sent may arrive still."""
    WebhookDelivery.objects.filter(endpoint=endpoint, state=DeliveryState.PENDING).update(
        state=DeliveryState.CANCELED, finished_at=now, leased_until=None
    )


@needs_transaction
def _save(
    *,
    actor: Actor,
    endpoint: WebhookEndpoint,
    verb: str,
    happened: str = "changed",
    now: dt.datetime,
) -> None:
    endpoint.changed_at = now
    endpoint.save(
        update_fields=[
            *("url", "description", "event_names", "status", "status_reason"),
            *("changed_at", "failing_since", "resting_until", "removed_at"),
        ]
    )
    record_act(actor=actor, endpoint=endpoint, verb=verb, now=now)
    emit_state(actor=actor, endpoint=endpoint, happened=happened, now=now)


def _described(description: str) -> str:
    if not description.strip():
        return ""
    return cleaned_name(description, pointer="/description", maximum=DESCRIPTION_LENGTH)


def _known(names: Collection[str]) -> list[str]:
    unknown = sorted(set(names) - CATALOGUE.keys())
    if unknown:
        raise UnknownEvents(pointer="/events", facts={"unknown": unknown[:10]})
    return sorted(set(names))
