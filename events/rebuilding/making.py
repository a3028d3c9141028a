"""Filling the copies: most of it while the live consumer works, the rest while it waits."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import uuid
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection, connections

from events.choices import DeliveryState
from events.consuming import Consumer, Event, consumer_of
from events.consuming.taking import lock_of, note_taken
from events.forgetting import inbox_begins
from events.message import OutboxRow
from events.models import FailedDelivery
from events.rebuilding.comparing import Difference, become_copy, compared, copy_of
from events.rebuilding.reading import batches
from kernel.context import Context, Scope
from kernel.errors import Kind, VaultCraftError
from kernel.ids import made_at
from kernel.rows import array_literal
from kernel.transactions import needs_transaction, opens_transaction

OWNER = "owner"
INBOX = "events_inboxentry"
TAIL = 1_000
# Rounds without the lock; each finds what was taken during the one before.
MOST_ROUNDS = 50


class NoProjection(VaultCraftError):
    """No consumer of this name keeps tables."""

    kind = Kind.NOT_FOUND
    code = "no_projection"
    title = "There is no projection of this name"


class NoOwner(VaultCraftError):
    """The settings name no role that may make tables."""

    kind = Kind.UNAVAILABLE
    code = "no_owner"
    title = "DATABASE_OWNER_URL is not set"


class HistoryIncomplete(VaultCraftError):
    """Something the projection has taken is neither in the stream nor in the outbox any more."""

    kind = Kind.CONFLICT
    code = "history_incomplete"
    title = "Events are missing that the projection was made of"


class RowsUnexplained(VaultCraftError):
    """Rows would be deleted: either they are wrong, or the stream has lost its beginning."""

    kind = Kind.CONFLICT
    code = "rows_unexplained"
    title = "The live projection has rows that no event explains"


@dataclasses.dataclass(frozen=True, slots=True)
class Rebuilt:
    """What came of it.

    :param events: how many the copies were made of.
    :param replaced: whether the live tables were made equal.
    """

    events: int
    differences: Sequence[Difference]
    replaced: bool

    @property
    def equal(self) -> bool:
        """Whether the live tables were the same already."""
        return all(one.equal for one in self.differences)


def _platform(**_: object) -> Context:
    return Context(scope=Scope.PLATFORM)


def rebuild(*, name: str, check: bool, drop_unexplained: bool, now: dt.datetime) -> Rebuilt:
    """Make a projection anew from the stream, compare it and, unless `check`, replace the live one.

    The consumer goes on meanwhile. It waits, by an advisory lock, only while the events that it
    took last are added and the tables compared; then both were made of the same events. Only rows
    that differ are written.

    :param drop_unexplained: delete rows that the live tables have and the copies do not.
    :raises NoProjection: if no consumer of the name keeps one.
    :raises NoOwner: if the settings name no owner of the tables.
    :raises HistoryIncomplete: if the stream does not hold what was taken.
    :raises RowsUnexplained: if rows would be deleted and that was not asked for.
    :raises BrokerUnavailable: if the stream cannot be read.
    """
    consumer = consumer_of(name)
    if consumer is None or not consumer.tables:
        raise NoProjection()
    with _as_owner():
        _copy(tables=(INBOX, *consumer.tables))
        events = sum(
            _apply(consumer=consumer, events=batch, now=now)
            for batch in batches(sorted(consumer.names))
        )
        for _ in range(MOST_ROUNDS):
            added = _apply_tail(consumer=consumer, now=now)
            events += added
            if added < TAIL:
                break
        with _alone(consumer):
            while added := _apply_tail(consumer=consumer, now=now):
                events += added
            return _settled(
                consumer=consumer, events=events, check=check, drop_unexplained=drop_unexplained
            )


@contextlib.contextmanager
def _as_owner() -> Iterator[None]:
    """The owner's connection in place of the application's, for this thread."""
    if OWNER not in connections:
        raise NoOwner()
    before = connections[DEFAULT_DB_ALIAS]
    connections[DEFAULT_DB_ALIAS] = own = connections.create_connection(OWNER)
    try:
        with own.cursor() as cursor:
            cursor.execute(f"SET search_path = pg_temp, {_SCHEMA}")
        yield
    finally:
        # It may go back into a pool.
        with contextlib.suppress(DatabaseError), own.cursor() as cursor:
            cursor.execute("DISCARD TEMP; RESET search_path; SELECT pg_advisory_unlock_all()")
        own.close()
        connections[DEFAULT_DB_ALIAS] = before


_SCHEMA = "public"


@contextlib.contextmanager
def _alone(consumer: Consumer) -> Iterator[None]:
    """Nobody takes events for the consumer until the end of the block."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [lock_of(consumer.name)])
    yield


@opens_transaction(context=_platform)
def _copy(*, tables: Sequence[str]) -> None:
    for table in tables:
        copy_of(table)


@opens_transaction(context=_platform)
def _apply(*, consumer: Consumer, events: Sequence[Event], now: dt.datetime) -> int:
    """Those that the live projection is made of."""
    if not events:
        return 0
    return _take(consumer, _live(consumer, events), now)


@opens_transaction(context=_platform)
def _apply_tail(*, consumer: Consumer, now: dt.datetime) -> int:
    """The next of those that it is made of and the copies are not, from the outbox.

    :raises HistoryIncomplete: if one of them is not there.
    """
    rows = _tail(consumer)
    if any(row[0] is None for row in rows):
        raise HistoryIncomplete()
    events = [Event.of(OutboxRow(*row).body) for row in rows]
    return _take(consumer, events, now)


@opens_transaction(context=_platform)
def _settled(*, consumer: Consumer, events: int, check: bool, drop_unexplained: bool) -> Rebuilt:
    differences = [compared(table) for table in consumer.tables]
    if check or all(one.equal for one in differences):
        return Rebuilt(events, differences, replaced=False)
    if any(one.unexplained for one in differences) and not drop_unexplained:
        raise RowsUnexplained(
            facts={one.table: one.unexplained for one in differences if one.unexplained}
        )
    for table in consumer.tables:
        become_copy(table)
    return Rebuilt(events, differences, replaced=True)


@needs_transaction
def _take(consumer: Consumer, events: Sequence[Event], now: dt.datetime) -> int:
    """As taking does, into the copies; what the stream holds twice is taken once."""
    ids = [event.id for event in events]
    fresh = note_taken(consumer=consumer.name, ids=ids, now=now) if ids else set()
    new = [event for event in {event.id: event for event in events}.values() if event.id in fresh]
    if new:
        consumer.take(new, now)
    return len(new)


@needs_transaction
def _live(consumer: Consumer, events: Sequence[Event]) -> list[Event]:
    """Those that are in the live inbox, or were before it forgot them.

    The inbox is read before its beginning: what is deleted between the two is older than that.
    """
    ids = {event.id for event in events}
    taken = _in_live_inbox(consumer.name, ids)
    begins = inbox_begins(consumer.name)
    never = FailedDelivery.objects.filter(consumer=consumer.name, event_id__in=ids).exclude(
        state=DeliveryState.TAKEN
    )
    left_out = set(never.values_list("event_id", flat=True))
    return [
        event
        for event in events
        if event.id not in left_out
        and (event.id in taken or (begins is not None and made_at(event.id) < begins))
    ]


@needs_transaction
def _in_live_inbox(consumer: str, ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT event_id FROM {_SCHEMA}.{INBOX}"  # noqa: S608 - of constants
            " WHERE consumer = %s AND event_id = ANY (%s::uuid[])",
            [consumer, array_literal(kind="uuid", values=sorted(ids))],
        )
        return {row[0] for row in cursor.fetchall()}


@needs_transaction
def _tail(consumer: Consumer) -> list[tuple[Any, ...]]:
    """Rows of the outbox, in its order; all NULL for what is there no more."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT o.sequence, o.id, o.name, o.version, o.organization_id, o.subject_id,
                   o.payload::text, o.actor_kind, o.actor_id, o.request_id, o.occurred_at
            FROM (
                SELECT l.event_id FROM {_SCHEMA}.{INBOX} l
                WHERE l.consumer = %(consumer)s
                    AND NOT EXISTS (SELECT FROM pg_temp.{INBOX} c
                        WHERE c.consumer = l.consumer AND c.event_id = l.event_id)
                    AND NOT EXISTS (SELECT FROM events_faileddelivery f
                        WHERE f.consumer = l.consumer AND f.event_id = l.event_id
                            AND f.state = 'DISCARDED')
                ORDER BY l.event_id LIMIT {TAIL}
            ) missing
            LEFT JOIN events_outboxevent o ON o.id = missing.event_id
            ORDER BY o.sequence NULLS FIRST""",  # noqa: S608 - of constants
            {"consumer": consumer.name},
        )
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
