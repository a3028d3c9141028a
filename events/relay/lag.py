"""How far the relay is behind, read by anybody and cheaply.

Under row security the planner cannot use the index by transaction (its operators may not run before
a policy), but it can walk the index by `sequence`. So the walk begins a little below the highest
sequence that was published, for what committed late, and ends after so many rows.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

from events.relay.cursor import EVENTS

MOST = 10_000
# Of transactions that drew their sequences and were still open while later ones were published.
LATE = 2_000

_PLACE = (
    "SELECT since::text, until::text, position, highest FROM events_relaycursor"
    " WHERE name = %(name)s"
)
_WAITING = """
    SELECT count(*), min(occurred_at) FROM (
        SELECT occurred_at FROM events_outboxevent
        WHERE sequence > %(from)s::bigint
            AND NOT pg_visible_in_snapshot(commit_xid, %(since)s::pg_snapshot)
            AND NOT (sequence <= %(position)s::bigint
                AND pg_visible_in_snapshot(commit_xid, %(until)s::pg_snapshot))
        ORDER BY sequence LIMIT %(most)s
    ) AS waiting
"""


@dataclasses.dataclass(frozen=True, slots=True)
class Lag:
    """What waits to be published.

    :param waiting: rows, at most `MOST`.
    :param oldest_at: when the oldest of them happened; None if nothing waits.
    """

    waiting: int
    oldest_at: dt.datetime | None

    @property
    def at_least(self) -> bool:
        """Whether there are more than were counted."""
        return self.waiting >= MOST

    def seconds(self, now: dt.datetime) -> float:
        """The age of the oldest; zero if nothing waits."""
        return max(0.0, (now - self.oldest_at).total_seconds()) if self.oldest_at else 0.0


def outbox_lag(cursor: Any, *, place: str = EVENTS) -> Lag:
    """What waits for one broker, in the view of whoever asks: the platform's is the whole.

    :param cursor: of Django or psycopg.
    :param place: of the broker; there has to be one.
    """
    cursor.execute(_PLACE, {"name": place})
    since, until, position, highest = cursor.fetchone()
    asked = {
        "from": max(0, highest - LATE),
        "since": since,
        # Between two differences `position` is zero, and no row is below it.
        "until": until or since,
        "position": position,
        "most": MOST,
    }
    cursor.execute(_WAITING, asked)
    return Lag(*cursor.fetchone())


def places(cursor: Any) -> list[tuple[str, bool]]:
    """The brokers there is a place for, and whether the relay to it stands over a lost stream."""
    cursor.execute("SELECT name, lost_at IS NOT NULL FROM events_relaycursor ORDER BY name")
    return list(cursor.fetchall())
