"""A stream that lost what it had acknowledged: what is missing is published again, or nothing is.

A NATS server that was killed with its machine, or put back from an older image of its disk, may
have less than it said it had. The cursor keeps which stream acknowledged and how many messages. So
that only the tail comes again, the relay marks its place once in a minute; all before a mark stands
in the first messages of that stream.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import logging
from typing import Any

import psycopg
from prometheus_client import Counter

from events.broker import End
from events.relay.cursor import IS_SENT, Place, save

MARK_SECONDS = 60.0
KEEPS_MARKS = dt.timedelta(days=30)
# A relay that stands looks this often whether somebody has decided.
AGAIN_SECONDS = 5.0
# Before any transaction.
NOTHING = "3:3:"

log = logging.getLogger(__name__)
rewound = Counter(
    "vaultcraft_relay_rewound_total", "Times a stream had lost what it acknowledged and got it."
)

_MARK = """
    INSERT INTO events_relaymark
        (name, stream_made_at, stream_last, since, until, position, noted_at)
    VALUES (%(name)s, %(made_at)s, %(last)s, %(since)s::pg_snapshot, %(until)s::pg_snapshot,
        %(position)s, clock_timestamp())
    ON CONFLICT DO NOTHING
"""
_FORGET = "DELETE FROM events_relaymark WHERE name = %s AND noted_at < clock_timestamp() - %s"
_MARKED = """
    SELECT since::text, until::text, position, noted_at FROM events_relaymark
    WHERE name = %s AND stream_made_at = %s AND stream_last <= %s
    ORDER BY stream_last DESC LIMIT 1
"""
# What is older may have left the outbox, or an inbox, which would not know it again.
_LINE = """
    SELECT greatest((SELECT max(forgotten_before) FROM events_relaycursor),
        (SELECT max(forgotten_before) FROM events_inboxbeginning))
"""
# Of what would come again: whether anything is as old as that, having waited for long.
_OLD = f"""
    SELECT EXISTS (SELECT FROM events_outboxevent o, events_relaycursor place
        WHERE place.name = %s AND o.occurred_at < %s
            AND NOT pg_visible_in_snapshot(o.commit_xid, %s::pg_snapshot)
            AND {IS_SENT})
"""  # noqa: S608 - of constants
_LOST = """
    UPDATE events_relaycursor SET lost_at = coalesce(lost_at, clock_timestamp())
    WHERE name = %s AND epoch = %s
"""


class Lost(Exception):
    """Not everything that is missing in the stream can be published again."""


@dataclasses.dataclass(frozen=True, slots=True)
class _Mark:
    since: str
    until: str | None
    position: int
    noted_at: dt.datetime


async def mark(writing: psycopg.AsyncConnection, place: Place) -> None:
    """Keep the place, with the end of the stream there, and let go of marks that are old."""
    if place.made_at is not None:
        await writing.execute(_MARK, dataclasses.asdict(place))
        await writing.execute(_FORGET, [place.name, KEEPS_MARKS])


async def mended(
    reading: psycopg.AsyncConnection,
    writing: psycopg.AsyncConnection,
    *,
    place: Place,
    found: End,
) -> Place:
    """Go back to where all that comes next is missing in the stream, or may be.

    Of what comes some may stand there already: consumers know the events by their ids.

    :raises Lost: if some of it is in the outbox no more; that is noted in the cursor.
    :raises Overtaken: if another relay has taken over.
    """
    back = await _mark_before(reading, place, found)
    if not await _complete(reading, place, back):
        await writing.execute(_LOST, [place.name, place.epoch])
        raise Lost(f"{place.end} was acknowledged, {found} is there; see the runbook")
    log.error("relay_stream_shortened: %s of %s; publishing again", found.last, place.last)
    rewound.inc()
    before = dataclasses.replace(
        place.at(found), since=back.since, until=back.until, position=back.position
    )
    await save(writing, before)
    return before


async def _mark_before(reading: psycopg.AsyncConnection, place: Place, found: End) -> _Mark:
    """The last mark that is within what is there; or the very beginning."""
    answer = await reading.execute(_MARKED, [place.name, found.made_at, found.last])
    row: tuple[Any, ...] | None = await answer.fetchone()
    if row is not None:
        return _Mark(*row)
    assert place.made_at is not None  # nobody knows of a loss otherwise
    return _Mark(NOTHING, None, 0, place.made_at)


async def _complete(reading: psycopg.AsyncConnection, place: Place, back: _Mark) -> bool:
    """Whether everything published since then stands in the outbox and is known to the inboxes."""
    answer = await reading.execute(_LINE)
    (line,) = await answer.fetchone() or (None,)
    if line is None:
        return True
    if back.noted_at <= line:
        return False
    found = await reading.execute(_OLD, [place.name, line, back.since])
    (old,) = await found.fetchone() or (False,)
    return not old
