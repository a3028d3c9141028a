"""What is recorded, emitted and mailed about an endpoint, and the lock on it."""

from __future__ import annotations

import datetime as dt
import uuid

from accounts.choices import MailKind
from accounts.services.owners import tell_owners
from audit.services import record
from events.services import emit
from kernel.actor import Actor
from kernel.errors import NotFound
from kernel.transactions import needs_transaction
from notifications.models import WebhookEndpoint
from notifications.queries import visible_endpoints


@needs_transaction
def locked_endpoint(*, actor: Actor, endpoint_id: uuid.UUID) -> WebhookEndpoint:
    """The endpoint, locked until the commit.

    :raises NotFound: if it is not there or not the actor's.
    """
    rows = visible_endpoints(actor).select_for_update(of=("self",), no_key=True)
    found = rows.filter(id=endpoint_id).first()
    if found is None:
        raise NotFound("There is no such webhook endpoint.")
    return found


@needs_transaction
def record_act(*, actor: Actor, endpoint: WebhookEndpoint, verb: str, now: dt.datetime) -> None:
    """Keep `notifications.webhook_endpoint.<verb>`. The address is the organization's own."""
    record(
        actor=actor,
        action=f"notifications.webhook_endpoint.{verb}",
        subject_type="webhook_endpoint",
        subject_id=endpoint.id,
        organization_id=endpoint.organization_id,
        metadata={
            "url": endpoint.url,
            "status": endpoint.status,
            "status_reason": endpoint.status_reason,
            "event_names": list(endpoint.event_names),
        },
        now=now,
    )


@needs_transaction
def emit_state(*, actor: Actor, endpoint: WebhookEndpoint, happened: str, now: dt.datetime) -> None:
    """Emit `notifications.webhook_endpoint.<happened>` with how the endpoint stands."""
    emit(
        name=f"notifications.webhook_endpoint.{happened}",
        organization_id=endpoint.organization_id,
        subject_id=endpoint.id,
        payload={
            "webhook_endpoint_id": str(endpoint.id),
            "status": str(endpoint.status),
            "status_reason": str(endpoint.status_reason),
            "event_names": list(endpoint.event_names),
        },
        actor=actor,
        now=now,
    )


@needs_transaction
def tell_of_target(*, actor: Actor, endpoint: WebhookEndpoint, now: dt.datetime) -> None:
    """Mail the owners that the organization's events go to another server."""
    tell_owners(
        actor=actor,
        organization_id=endpoint.organization_id,
        kind=MailKind.WEBHOOK_SET,
        variables={"url": endpoint.url},
        now=now,
    )


@needs_transaction
def tell_of_stop(*, actor: Actor, endpoint: WebhookEndpoint, why: str, now: dt.datetime) -> None:
    """Mail the owners that nothing is sent any more, and why."""
    tell_owners(
        actor=actor,
        organization_id=endpoint.organization_id,
        kind=MailKind.WEBHOOK_STOPPED,
        variables={"url": endpoint.url, "why": why},
        now=now,
    )
