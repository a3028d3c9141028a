"""Short ways to have events taken in as they were emitted, and to look at what people were told."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from typing import Any

from accounts.models import PendingMail, User
from events.consuming import Event
from events.consuming.taking import take
from events.models import OutboxEvent
from kernel.ids import new_id
from notifications.consumers import NOTICES, NOTICES_OF_MONEY
from notifications.models import Notification
from tests.database import all_seeing
from tests.world import NOW

SOON = NOW + dt.timedelta(minutes=1)


def emitted(*, since: uuid.UUID | None = None) -> list[Event]:
    """The events of the outbox that people are told of, in order, as the broker would bring them.

    :param since: after the event with this id.
    """
    with all_seeing():
        names = NOTICES.names | NOTICES_OF_MONEY.names
        rows = OutboxEvent.objects.filter(name__in=names).order_by("id")
        return [as_event(row) for row in (rows.filter(id__gt=since) if since else rows)]


def as_event(row: OutboxEvent, **other: Any) -> Event:
    """The row as an event; fields may be given another value."""
    said = {
        "id": row.id,
        "name": row.name,
        "version": row.version,
        "organization_id": row.organization_id,
        "subject_id": row.subject_id,
        "occurred_at": row.occurred_at,
        "request_id": row.request_id,
        "payload": row.payload,
        "body": "",
    }
    return Event(**{**said, **other})


def mark() -> uuid.UUID:
    """The moment: what is emitted from now on has a greater id."""
    return new_id()


def taken(events: Iterable[Event], *, now: dt.datetime = SOON) -> int:
    """The consumers take them in, each its own; how many were new to them."""
    given = list(events)
    return sum(
        take(consumer=one, events=[event for event in given if event.name in one.names], now=now)
        for one in (NOTICES, NOTICES_OF_MONEY)
    )


def take_new(since: uuid.UUID, *, now: dt.datetime = SOON) -> None:
    """Take in what was emitted since."""
    taken(emitted(since=since), now=now)


def told(user: User) -> list[Notification]:
    """What the person was told, oldest first."""
    with all_seeing():
        return list(Notification.objects.filter(user=user).order_by("id"))


def kinds_told(user: User) -> list[str]:
    return [row.kind for row in told(user)]


def mails_waiting(user: User) -> int:
    """Mail of this room for the person."""
    with all_seeing():
        return PendingMail.objects.filter(user=user, kind="notice").count()
