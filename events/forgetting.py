"""What the backbone keeps no longer, in batches that each commit: the clock's work, never a door's.

The stream keeps events; the outbox is where they wait for it, and the inbox says which of them a
consumer has taken. Both would grow for ever. So the outbox lets go of what is published and old,
which the database judges by itself; the inbox of what is so old that it cannot come again, because
a consumer's place in the stream never begins before its inbox does.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Sequence

from django.db import connection

from events.choices import DeliveryState
from events.models import FailedDelivery, InboxBeginning, InboxEntry
from kernel.context import Context, Scope
from kernel.ids import made_at
from kernel.transactions import needs_transaction, opens_transaction

# The database holds the first of these as well: migration 0011.
KEEPS_SENT = dt.timedelta(days=30)
KEEPS_TAKEN = dt.timedelta(days=30)
KEEPS_SETTLED = dt.timedelta(days=90)
BATCH = 5_000
# For one run of the task. What is left then is the next one's: an hour's events are far fewer.
MOST_BATCHES = 200


def _platform(**_: object) -> Context:
    return Context(scope=Scope.PLATFORM)


def forget_sent(*, now: dt.datetime, batch: int = BATCH) -> int:
    """Let the outbox go of events that are published and older than `KEEPS_SENT`.

    What waits to be published stays however old it is.

    :returns: how many went.
    """
    before = now - KEEPS_SENT
    # The line alone, so that the relay, which writes the same row, never waits for a batch.
    _forget_sent(before=before, at_most=0)
    return _in_batches(lambda: _forget_sent(before=before, at_most=batch), batch=batch)


def forget_taken(*, now: dt.datetime, batch: int = BATCH) -> int:
    """Let inboxes go of events older than `KEEPS_TAKEN`, and note since when they are complete.

    A consumer that is further behind than that forgets nothing newer than what it took last.

    :returns: how many entries went.
    """
    gone = 0
    for consumer in _consumers(now=now):
        _begin(consumer=consumer, before=now - KEEPS_TAKEN)

        def forget(consumer: str = consumer) -> int:
            return _forget_taken(consumer=consumer, at_most=batch)

        gone += _in_batches(forget, batch=batch)
    return gone


def forget_settled(*, now: dt.datetime, batch: int = BATCH) -> int:
    """Delete failures that ended well, long ago. Dead letters and what was discarded stay.

    :returns: how many went.
    """
    before = now - KEEPS_SETTLED
    return _in_batches(lambda: _forget_settled(before=before, at_most=batch), batch=batch)


def inbox_begins(consumer: str) -> dt.datetime | None:
    """Since when the consumer's inbox is complete; None: nothing of it was ever deleted."""
    row = InboxBeginning.objects.filter(consumer=consumer).first()
    return row.forgotten_before if row else None


def first_id_at(moment: dt.datetime) -> uuid.UUID:
    """What every UUIDv7 made at the moment or later is not less than (RFC 9562, section 5.7)."""
    return uuid.UUID(int=max(int(moment.timestamp() * 1000), 0) << 80)


def _in_batches(forget: Callable[[], int], *, batch: int) -> int:
    gone = 0
    for _ in range(MOST_BATCHES):
        went = forget()
        gone += went
        if went < batch:
            break
    return gone


@opens_transaction(context=_platform)
def _forget_sent(*, before: dt.datetime, at_most: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT vaultcraft_forget_events(%s, %s)", [before, at_most])
        return int(cursor.fetchone()[0])


@opens_transaction(context=_platform)
def _consumers(*, now: dt.datetime) -> Sequence[str]:
    """Whoever has an inbox, registered or not: one look into the index for each."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE found AS ("
            " (SELECT consumer FROM events_inboxentry ORDER BY consumer LIMIT 1)"
            " UNION ALL SELECT (SELECT e.consumer FROM events_inboxentry e"
            "  WHERE e.consumer > found.consumer ORDER BY e.consumer LIMIT 1)"
            " FROM found WHERE found.consumer IS NOT NULL)"
            " SELECT consumer FROM found WHERE consumer IS NOT NULL"
        )
        return [row[0] for row in cursor.fetchall()]


@opens_transaction(context=_platform)
def _begin(*, consumer: str, before: dt.datetime) -> None:
    newest = (
        InboxEntry.objects.filter(consumer=consumer)
        .order_by("-event_id")
        .values_list("event_id", flat=True)
        .first()
    )
    if newest is None:
        return
    before = min(before, made_at(newest))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO events_inboxbeginning AS b (consumer, forgotten_before) VALUES (%s, %s)"
            " ON CONFLICT (consumer) DO UPDATE SET forgotten_before ="
            " greatest(b.forgotten_before, excluded.forgotten_before)",
            [consumer, before],
        )


@opens_transaction(context=_platform)
def _forget_taken(*, consumer: str, at_most: int) -> int:
    begins = inbox_begins(consumer)
    if begins is None:
        return 0
    return _deleted(
        "DELETE FROM events_inboxentry WHERE consumer = %s AND event_id IN ("
        " SELECT event_id FROM events_inboxentry WHERE consumer = %s AND event_id < %s"
        " ORDER BY event_id LIMIT %s)",
        consumer,
        consumer,
        first_id_at(begins),
        at_most,
    )


@opens_transaction(context=_platform)
def _forget_settled(*, before: dt.datetime, at_most: int) -> int:
    over = FailedDelivery.objects.filter(state=DeliveryState.TAKEN, settled_at__lt=before)
    return over.filter(id__in=list(over.values_list("id", flat=True)[:at_most])).delete()[0]


@needs_transaction
def _deleted(statement: str, *values: str | int | uuid.UUID) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)
