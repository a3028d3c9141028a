"""Sessions: opening, proving, refreshing and ending them.

A session is one family of refresh tokens, and its id is the `sid` of every access token made from
it. The browser has sessions too, without tokens.
"""

from __future__ import annotations

from accounts.services.sessions.ending import (
    end_other_sessions,
    end_own_session,
    end_sessions_of,
    end_sessions_of_person,
    revoke_session,
)
from accounts.services.sessions.opening import (
    authenticate,
    open_browser_session,
    open_session,
)
from accounts.services.sessions.refreshing import rotate_refresh
from accounts.services.sessions.seeing import note_seen
from accounts.services.sessions.tokens import TokenPair

__all__ = [
    "TokenPair",
    "authenticate",
    "end_other_sessions",
    "end_own_session",
    "end_sessions_of",
    "end_sessions_of_person",
    "note_seen",
    "open_browser_session",
    "open_session",
    "revoke_session",
    "rotate_refresh",
]
