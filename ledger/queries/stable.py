"""Up to when the books stand still: an instant behind which nothing is recorded any more."""

from __future__ import annotations

import datetime as dt

from django.db import connection

# A posting takes its recorded time after it has locked accounts, and commits later. So whoever
# holds such a lock now may have recorded anything since its transaction began, unseen by us; and
# whoever does not will record after this statement arrived. Sessions of other roles hide when they
# began, but only the application's role posts.
_STABLE = """
    SELECT least(statement_timestamp(), min(a.xact_start)) - interval '1 microsecond'
    FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
    WHERE l.locktype = 'relation' AND l.relation = 'ledger_ledgeraccount'::regclass
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND l.mode <> 'AccessShareLock' AND l.pid <> pg_backend_pid()
"""


def stable_until() -> dt.datetime:
    """The latest instant of which every later statement sees the same entries, whoever posts.

    A moment ago in quiet books; the beginning of the longest posting under way in busy ones.
    Nothing waits for it, and no lock is taken.
    """
    with connection.cursor() as cursor:
        cursor.execute(_STABLE)
        (instant,) = cursor.fetchone()
    until: dt.datetime = instant
    return until
