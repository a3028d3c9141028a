"""Whose fault a failure of the database is: its own, nobody's, or the event's."""

from __future__ import annotations

import psycopg
from django.db import DatabaseError, InterfaceError, OperationalError

from kernel.transactions import RETRYABLE, sqlstate_of

# Connections (class 08), the administrator's or the server's end (57P01 admin_shutdown, 57P02
# crash_shutdown, 57P03 cannot_connect_now, 57P05 idle_session_timeout), too many connections. Not
# 57P04: that database is gone for good, and not 57014 (query_canceled): a statement that takes too
# long is the event's.
_AWAY = {"57P01", "57P02", "57P03", "57P05", "53300"}
_CONNECTIONS = "08"


def database_is_away(error: Exception) -> bool:
    """Whether nothing can be taken in at this moment, whatever the event.

    By SQLSTATE (PostgreSQL 18, appendix A); where the server could not give one, the connection
    was lost or never there.
    """
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    state = sqlstate_of(error)
    if state is None:
        return isinstance(error.__cause__, psycopg.OperationalError | psycopg.InterfaceError)
    return state in _AWAY or state.startswith(_CONNECTIONS)


def lost_a_race(error: Exception) -> bool:
    """Whether the whole transaction has to begin again: a deadlock or a serialization failure."""
    return isinstance(error, DatabaseError) and sqlstate_of(error) in RETRYABLE
