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
import datetime as dt
from typing import Any

import psycopg

from events.broker import End
from events.message import OutboxRow

PAGE = 500
# The places: of JetStream, from which our own consumers read, and of Kafka, if there is any.
EVENTS, KAFKA = "events", "kafka"
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
# A broker that was not there before begins where JetStream's place is.
_BEGIN = """
    INSERT INTO events_relaycursor
        (name, cluster, since, until, position, highest, epoch, forgotten_before)
    SELECT %(name)s, cluster, since, until, position, highest, 0, forgotten_before
    FROM events_relaycursor WHERE name = 'events' ON CONFLICT DO NOTHING
"""
_TAKE = """
    UPDATE events_relaycursor SET epoch = epoch + 1 WHERE name = %(name)s
    RETURNING name, since::text, until::text, position, highest, epoch, stream_made_at, stream_last
"""
_EPOCH = "SELECT epoch FROM events_relaycursor WHERE name = %s"
_SAVE = """
    UPDATE events_relaycursor SET since = %(since)s::pg_snapshot, until = %(until)s::pg_snapshot,
        position = %(position)s, highest = %(highest)s, moved_at = clock_timestamp(),
        stream_made_at = %(made_at)s, stream_last = %(last)s, lost_at = NULL
    WHERE name = %(name)s AND epoch = %(epoch)s
"""


# Whether a row `o` of the outbox is published according to a cursor `place`; the database's own
# `events_is_sent` is for its owner.
IS_SENT = """(o.sequence <= place.highest AND (
    pg_visible_in_snapshot(o.commit_xid, place.since) OR (
        place.until IS NOT NULL AND o.sequence <= place.position
        AND pg_visible_in_snapshot(o.commit_xid, place.until))))
"""


class Overtaken(Exception):
    """Another relay has taken over since."""


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """How far the outbox is published to one broker.

    :param since: a snapshot (``xmin:xmax:xip,...``); what it shows is published.
    :param until: the snapshot up to which publishing is under way, None between two differences.
    :param position: the sequence up to which that difference is published.
    :param highest: the highest sequence of what is published.
    :param epoch: of the relay that may move it.
    :param made_at: which stream acknowledged it; None if the broker cannot tell.
    :param last: the number of the last message that stream acknowledged.
    """

    name: str
    since: str
    until: str | None
    position: int
    highest: int
    epoch: int
    made_at: dt.datetime | None = None
    last: int = 0

    @property
    def end(self) -> End | None:
        """Where the stream ended then."""
        return None if self.made_at is None else End(self.made_at, self.last)

    def at(self, end: End | None) -> Place:
        """The same, acknowledged by a stream that ends so."""
        made_at, last = (end.made_at, end.last) if end else (None, 0)
        return dataclasses.replace(self, made_at=made_at, last=last)


@dataclasses.dataclass(frozen=True, slots=True)
class Page:
    """At most `PAGE` rows to publish in this order, and the place after them."""

    rows: list[OutboxRow]
    after: Place


async def take_over(connection: psycopg.AsyncConnection, name: str) -> Place:
    """The place, for this relay alone from now on; after a restore it is settled first."""
    await connection.execute("SELECT vaultcraft_outbox_moved()")
    await connection.execute(_BEGIN, {"name": name})
    return Place(*await _one(await connection.execute(_TAKE, {"name": name})))


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
    after = dataclasses.replace(place, until=until, highest=highest)
    if len(read) > PAGE:
        return Page(rows, dataclasses.replace(after, position=rows[-1].sequence))
    return Page(rows, dataclasses.replace(after, since=until, until=None, position=0))


async def page_if_ours(connection: psycopg.AsyncConnection, place: Place) -> Page:
    """As `page_after`, for a relay that has nothing to save by which it would learn of another.

    The epoch is read first: what was visible when somebody else moved the place is in the page, and
    a page with rows is published, wherever the place is now.

    :raises Overtaken: if somebody else has moved the place and nothing more is visible here.
    """
    found = await connection.execute(_EPOCH, [place.name])
    epoch = await found.fetchone()
    page = await page_after(connection, place)
    if epoch != (place.epoch,) and not page.rows:
        raise Overtaken
    return page


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
