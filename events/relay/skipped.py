"""Events that count as published and never came: what no relay does by itself.

The place is written by the application's role, so whoever has that role can put it further than the
relay has come (decision 67). What is behind the place and was never published nobody waits for; but
a consumer that takes every event does not have it, though it has later ones.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from events.relay.cursor import IS_SENT

MOST = 5_000
# For what is under way: a batch that was fetched, a message that comes again.
PATIENCE = dt.timedelta(minutes=10)

# An entry that was written before its event, or with it, is nobody's who took it. Numbers of
# transactions up to 4 are those of a database that was put back. Inboxes keep 30 days.
_SKIPPED = f"""
    WITH recent AS MATERIALIZED (
        SELECT o.id, o.sequence, o.commit_xid, o.written_at, i.event_id IS NOT NULL
            AND (o.commit_xid <= '4' OR coalesce(i.noted_in > o.commit_xid, true)) AS taken
        FROM (SELECT id, sequence, commit_xid, written_at FROM events_outboxevent
            ORDER BY sequence DESC LIMIT %(most)s) o
        LEFT JOIN events_inboxentry i ON i.consumer = %(consumer)s AND i.event_id = o.id
    )
    SELECT count(*) FROM recent o, events_relaycursor place
    WHERE place.name = 'events' AND NOT o.taken AND {IS_SENT}
        AND o.written_at > clock_timestamp() - interval '29 days'
        AND o.written_at < clock_timestamp() - %(patience)s
        AND o.sequence < (SELECT max(sequence) FROM recent
            WHERE taken AND written_at < clock_timestamp() - %(patience)s)
        AND NOT EXISTS (SELECT FROM events_faileddelivery f
            WHERE f.consumer = %(consumer)s AND f.event_id = o.id)
"""  # noqa: S608 - of constants


def skipped(cursor: Any, *, consumer: str, patience: dt.timedelta = PATIENCE) -> int:
    """How many of the last `MOST` events were passed over, in the platform's view.

    :param cursor: of Django or psycopg.
    :param consumer: one that takes every event.
    :param patience: how old an event has to be to be missed.
    """
    cursor.execute(_SKIPPED, {"most": MOST, "consumer": consumer, "patience": patience})
    return int(cursor.fetchone()[0])
