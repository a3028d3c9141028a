"""Short ways to have an endpoint, an event, and an outcome."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Sequence
from typing import Any

from accounts.models import Organization
from events.consuming import Event
from kernel.actor import Actor, Door, system
from kernel.context import Context, Scope
from kernel.ids import new_id
from kernel.transactions import opens_transaction
from notifications.choices import Failure
from notifications.models import WebhookEndpoint
from notifications.services import webhooks
from notifications.services.webhooks.secrets import signing_keys
from notifications.webhooks.sending import Outcome
from tests.world import NOW as NOW
from tests.world import World

URL = "https://hooks.acme.example/vaultcraft"
WORKER = system(door=Door.TASK, request_id="webhooks")


def added(world: World, *, actor: Actor | None = None, **given: Any) -> webhooks.NewEndpoint:
    """An endpoint of Acme's, unless somebody else adds it."""
    wanted = {"url": URL, "description": "", "event_names": [], **given}
    return webhooks.add_endpoint(actor=actor or world.actor(world.alice), now=NOW, **wanted)


def _platform(**_: Any) -> Context:
    return Context(scope=Scope.PLATFORM)


def arrives(organization: Organization, *, now: dt.datetime = NOW, **given: Any) -> Event:
    """An event of the organization is taken in."""
    event = event_of(organization, now=now, **given)
    taken(events=[event], now=now)
    return event


def event_of(
    organization: Organization,
    *,
    name: str = "wallets.wallet.opened",
    subject_id: uuid.UUID | None = None,
    event_id: uuid.UUID | None = None,
    now: dt.datetime = NOW,
) -> Event:
    """An event of the organization, as it comes off the broker."""
    told = {
        "id": str(event_id or new_id()),
        "name": name,
        "version": 1,
        "organization_id": str(organization.id),
        "subject_id": str(subject_id) if subject_id else None,
        "occurred_at": now.isoformat(),
        "request_id": "req_1",
        "actor": {"kind": "system", "id": None},
        "payload": {"text": "₹"},
    }
    return Event.of(json.dumps(told).encode())


@opens_transaction(context=_platform)
def taken(*, events: Sequence[Event], now: dt.datetime = NOW) -> None:
    """Events are taken in together."""
    webhooks.write_deliveries(events, now)


@opens_transaction(context=_platform)
def live_keys(endpoint: WebhookEndpoint, *, now: dt.datetime = NOW) -> list[str]:
    return list(signing_keys(endpoint=endpoint, now=now))


def outcome(status: int | None = 200, **answer_headers: str) -> Outcome:
    """An answer with this status; None: the target hung."""
    failure = Failure.NONE if status and status < 300 else Failure.STATUS
    return Outcome(
        failure=failure if status else Failure.TIMEOUT,
        took_ms=12,
        request_headers={"webhook-id": "x"},
        status=status,
        answer_headers={name.replace("_", "-"): value for name, value in answer_headers.items()},
    )


def attempt(claim: webhooks.Claim, came: Outcome | None = None, *, now: dt.datetime = NOW) -> None:
    """The claim was carried out, with this outcome."""
    came = came or outcome()
    webhooks.note_outcome(actor=WORKER, claim=claim, outcome=came, began_at=now, now=now)


def claims(*, now: dt.datetime = NOW, most: int = 32) -> list[webhooks.Claim]:
    return webhooks.claim_due(actor=WORKER, most=most, now=now)
