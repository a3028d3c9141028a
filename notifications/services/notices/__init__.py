"""Notices: writing what events mean to people, reading, choosing channels, letting go.

No service calls this room: what happened arrives as events, once each, and becomes rows. Mail goes
the way of all mail: a sealed row, sent after the commit by its own worker.
"""

from __future__ import annotations

from notifications.services.notices.choosing import set_preferences
from notifications.services.notices.forgetting import erase_notices, forget_notices
from notifications.services.notices.reading import mark_all_read, mark_read
from notifications.services.notices.writing import NAMES, NAMES_OF_MONEY, write_notices

__all__ = [
    "NAMES",
    "NAMES_OF_MONEY",
    "erase_notices",
    "forget_notices",
    "mark_all_read",
    "mark_read",
    "set_preferences",
    "write_notices",
]
