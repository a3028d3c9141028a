"""The effect of an event and the note that it was taken: one transaction."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from collections.abc import Collection, Sequence
from typing import Any

from django.db import connection
from django.db.models import F

from events.choices import DeliveryState
from events.consuming.registry import Consumer, Event
from events.models import FailedDelivery
from kernel.context import Context, Scope
from kernel.ids import new_id
from kernel.rows import array_literal
from kernel.transactions import needs_transaction, opens_transaction

MAX_DELIVERIES = 8
_DELAYS = (1, 5, 15, 60, 300, 900, 1_800)
ERROR_LENGTH = 2_000
OPEN = (DeliveryState.RETRYING, DeliveryState.DEAD)


def _platform(**_: Any) -> Context:
    return Context(scope=Scope.PLATFORM)


@opens_transaction(context=_platform)
def take(*, consumer: Consumer, events: Sequence[Event], now: dt.datetime) -> int:
    """Handle those that were not taken before, in order, and note them; all of them or none.

    :returns: how many were new.
    :raises Exception: what the handler raises; then nothing was done.
    """
    return take_in(consumer=consumer, events=events, now=now)


@needs_transaction
def take_in(*, consumer: Consumer, events: Sequence[Event], now: dt.datetime) -> int:
    """As `take`, inside a transaction that sees every organization."""
    if consumer.tables:
        _share(consumer.name)
    fresh = note_taken(consumer=consumer.name, ids=[event.id for event in events], now=now)
    _settle(consumer=consumer.name, ids=fresh, now=now)
    new = [event for event in {event.id: event for event in events}.values() if event.id in fresh]
    if new:
        consumer.take(new, now)
    return len(new)


@opens_transaction(context=_platform)
def note_failure(
    *, consumer: Consumer, event: Event, body: bytes, error: str, now: dt.datetime
) -> dt.timedelta | None:
    """Keep that an event could not be taken, and say after how long to try again; None: never.

    After `MAX_DELIVERIES` it is a dead letter, until somebody replays it.
    """
    row, created = FailedDelivery.objects.get_or_create(
        consumer=consumer.name,
        event_id=event.id,
        defaults={
            "id": new_id(),
            "name": event.name,
            "organization_id": event.organization_id,
            "body": body.decode(),
            "error": error[:ERROR_LENGTH],
            "deliveries": 1,
            "state": DeliveryState.RETRYING,
            "failed_at": now,
        },
    )
    if created:
        return _delay(1)
    dead = row.deliveries + 1 >= MAX_DELIVERIES or row.state == DeliveryState.DEAD
    # What somebody else took meanwhile stays taken: it comes once more, and the inbox knows it.
    FailedDelivery.objects.filter(pk=row.pk, state__in=OPEN).update(
        deliveries=F("deliveries") + 1,
        error=error[:ERROR_LENGTH],
        state=DeliveryState.DEAD if dead else DeliveryState.RETRYING,
        failed_at=now,
    )
    return None if dead else _delay(row.deliveries + 1)


def lock_of(consumer: str) -> str:
    """The name of the lock that a rebuild of the consumer's projection takes alone."""
    return f"events.consumer.{consumer}"


@needs_transaction
def _share(consumer: str) -> None:
    """Wait while the projection is being replaced; not for each other."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock_shared(hashtextextended(%s, 0))", [lock_of(consumer)]
        )


@needs_transaction
def note_taken(*, consumer: str, ids: Sequence[uuid.UUID], now: dt.datetime) -> set[uuid.UUID]:
    """Those of the events that this consumer had not taken before.

    A second process that takes the same one waits here for the first to commit.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO events_inboxentry (consumer, event_id, taken_at)"
            " SELECT %s, event_id, %s FROM unnest(%s::uuid[]) AS given(event_id)"
            " ON CONFLICT DO NOTHING RETURNING event_id",
            [consumer, now, array_literal(kind="uuid", values=sorted(set(ids)))],
        )
        return {row[0] for row in cursor.fetchall()}


@needs_transaction
def _settle(*, consumer: str, ids: Collection[uuid.UUID], now: dt.datetime) -> None:
    """What failed before is taken now."""
    FailedDelivery.objects.filter(consumer=consumer, event_id__in=ids, state__in=OPEN).update(
        state=DeliveryState.TAKEN, settled_at=now
    )


def _delay(deliveries: int) -> dt.timedelta:
    """Longer each time, and never the same for all that failed together."""
    seconds = _DELAYS[min(deliveries, len(_DELAYS)) - 1]
    return dt.timedelta(seconds=seconds * random.uniform(0.8, 1.2))  # noqa: S311 - jitter
