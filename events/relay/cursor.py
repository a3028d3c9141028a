"""The relay's place in the outbox, and the pages that come after it.

Rows become visible in another order than they were written in: a transaction that began early may
commit late. So the place is not a number but a snapshot of PostgreSQL: what it shows is published,
what a later one shows besides comes next. That difference is exact. A row that commits late is in a
later difference and is never skipped, and no transaction that stays open holds the others back.

Inside a difference rows go by `sequence`, which is drawn under the account's lock. Of two events of
one account the first was committed before the second could be written, so wherever the second is
visible the first is, too: they never swap, inside a difference or across.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import psycopg

from events.message import OutboxRow

PAGE = 500
_COLUMNS = (
    "sequence, id, name, version, organization_id, subject_id, payload::text, actor_kind,"
    " actor_id, request_id, occurred_at"
)
# What the first snapshot does not show: whatever began later, and what was running then. Two looks
# into an index, where `pg_visible_in_snapshot` would read every row; and materialized, or a plan
# may walk the whole outbox in its order, looking for them.
_OPEN = f"""
    WITH fresh AS MATERIALIZED (
        SELECT sequence FROM events_outboxevent
        WHERE commit_xid >= pg_snapshot_xmax(%(since)s::pg_snapshot)
            OR commit_xid = ANY (ARRAY(SELECT pg_snapshot_xip(%(since)s::pg_snapshot)))
    )
    SELECT pg_current_snapshot()::text, {_COLUMNS} FROM events_outboxevent
    WHERE sequence IN (SELECT sequence FROM fresh ORDER BY sequence LIMIT %(limit)s)
    ORDER BY sequence
"""  # noqa: S608 - of constants
# A difference of more than one page is walked in the order of `sequence`, up to the same snapshot.
_WALK = f"""
    SELECT %(until)s::text, {_COLUMNS} FROM events_outboxevent
    WHERE sequence > %(position)s AND NOT pg_visible_in_snapshot(commit_xid, %(since)s::pg_snapshot)
        AND pg_visible_in_snapshot(commit_xid, %(until)s::pg_snapshot)
    ORDER BY sequence LIMIT %(limit)s
"""  # noqa: S608 - of constants
_TAKE = """
    UPDATE events_relaycursor SET epoch = epoch + 1 WHERE name = 'events'
    RETURNING since::text, until::text, position, highest, epoch
"""
_SAVE = """
    UPDATE events_relaycursor SET since = %(since)s::pg_snapshot, until = %(until)s::pg_snapshot,
        position = %(position)s, highest = %(highest)s, moved_at = clock_timestamp()
    WHERE name = 'events' AND epoch = %(epoch)s
"""


class Overtaken(Exception):
    """Another relay has taken over since."""


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """How far the outbox is published.

    :param since: a snapshot (``xmin:xmax:xip,...``); what it shows is published.
    :param until: the snapshot up to which publishing is under way, None between two differences.
    :param position: the sequence up to which that difference is published.
    :param highest: the highest sequence ever published.
    :param epoch: of the relay that may move it.
    """

    since: str
    until: str | None
    position: int
    highest: int
    epoch: int


@dataclasses.dataclass(frozen=True, slots=True)
class Page:
    """At most `PAGE` rows to publish in this order, and the place after them."""

    rows: list[OutboxRow]
    after: Place


async def take_over(connection: psycopg.AsyncConnection) -> Place:
    """The place, for this relay alone from now on; after a restore it is settled first."""
    found = await connection.execute("SELECT system_identifier::text FROM pg_control_system()")
    (cluster,) = await _one(found)
    await connection.execute("SELECT vaultcraft_outbox_moved(%s)", [cluster])
    return Place(*await _one(await connection.execute(_TAKE)))


async def page_after(connection: psycopg.AsyncConnection, place: Place) -> Page:
    """The next rows, none if nothing new is visible. One statement; no lock, no transaction."""
    walking = place.until is not None
    asked = {
        "since": place.since,
        "until": place.until,
        "position": place.position,
        "limit": PAGE + 1,
    }
    found = await connection.execute(_WALK if walking else _OPEN, asked)
    read = await found.fetchall()
    rows = [OutboxRow(*row[1:]) for row in read[:PAGE]]
    until = place.until or (read[0][0] if read else place.since)
    highest = max(place.highest, rows[-1].sequence) if rows else place.highest
    if len(read) > PAGE:
        after = Place(place.since, until, rows[-1].sequence, highest, place.epoch)
    else:
        after = Place(until, None, 0, highest, place.epoch)
    return Page(rows, after)


async def save(connection: psycopg.AsyncConnection, place: Place) -> None:
    """Note that everything before the place is published.

    :raises Overtaken: if another relay has taken over.
    """
    done = await connection.execute(_SAVE, dataclasses.asdict(place))
    if done.rowcount != 1:
        raise Overtaken


async def _one(cursor: psycopg.AsyncCursor) -> tuple[Any, ...]:
    row = await cursor.fetchone()
    if row is None:
        raise LookupError("the outbox has no cursor")
    return row
