"""Secrets of an endpoint: made here, sealed, shown once, replaced with an overlap."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db.models import Q

from accounts import policy
from accounts.errors import DataShredded
from accounts.services.networks.standing import from_known_network
from accounts.services.vault import Place, seal, unseal
from events.services import emit
from kernel.actor import Actor
from kernel.ids import new_id
from kernel.sealing import Unreadable
from kernel.transactions import needs_transaction, opens_transaction
from notifications.models import WebhookEndpoint, WebhookSecret
from notifications.services.webhooks.telling import locked_endpoint, record_act
from notifications.webhooks.signing import new_secret

TABLE, COLUMN = "notifications_webhooksecret", "sealed"
OVERLAP = dt.timedelta(hours=24)


@from_known_network("webhooks.manage")
@opens_transaction
def rotate_secret(*, actor: Actor, endpoint_id: uuid.UUID, now: dt.datetime) -> str:
    """Sign with a new secret from now on, and for `OVERLAP` with the one before, too.

    Deliveries carry two signatures meanwhile. Whoever rotates again sooner ends the oldest at once.
    Locks the endpoint. Emits `notifications.webhook_endpoint.secret_rotated`; records
    `notifications.webhook_endpoint.rotate_secret`.

    :returns: the new secret, which is shown this once.
    :raises PermissionDenied: unless the actor carries `webhooks.manage`.
    :raises NotFound: if there is no such endpoint in the actor's view.
    """
    policy.require(actor, "webhooks.manage")
    endpoint = locked_endpoint(actor=actor, endpoint_id=endpoint_id)
    secrets = WebhookSecret.objects.filter(endpoint=endpoint)
    secrets.filter(expires_at__gt=now).update(expires_at=now)
    secrets.filter(expires_at=None).update(expires_at=now + OVERLAP)
    clear = keep_new_secret(endpoint=endpoint, now=now)
    record_act(actor=actor, endpoint=endpoint, verb="rotate_secret", now=now)
    emit(
        name="notifications.webhook_endpoint.secret_rotated",
        organization_id=endpoint.organization_id,
        subject_id=endpoint.id,
        payload={"webhook_endpoint_id": str(endpoint.id)},
        actor=actor,
        now=now,
    )
    return clear


@needs_transaction
def keep_new_secret(*, endpoint: WebhookEndpoint, now: dt.datetime) -> str:
    """Make the endpoint's current secret, seal it, and give it in clear."""
    clear, row_id = new_secret(), new_id()
    WebhookSecret.objects.create(
        id=row_id,
        organization_id=endpoint.organization_id,
        endpoint=endpoint,
        sealed=seal(
            organization_id=endpoint.organization_id,
            place=Place(table=TABLE, column=COLUMN, row_id=row_id),
            plain=clear.encode(),
            now=now,
        ),
        created_at=now,
    )
    return clear


@needs_transaction
def signing_keys(*, endpoint: WebhookEndpoint, now: dt.datetime) -> tuple[str, ...]:
    """The secrets that sign now, the current one first; none if they cannot be read."""
    live = WebhookSecret.objects.filter(
        Q(expires_at=None) | Q(expires_at__gt=now), endpoint=endpoint
    )
    try:
        return tuple(_clear(row) for row in live.order_by("-id"))
    except (Unreadable, DataShredded):
        return ()


@needs_transaction
def _clear(row: WebhookSecret) -> str:
    return unseal(
        organization_id=row.organization_id,
        place=Place(table=TABLE, column=COLUMN, row_id=row.id),
        sealed=row.sealed,
    ).decode()
