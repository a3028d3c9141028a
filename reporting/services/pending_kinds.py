"""The kinds of act of this room that may wait for a second person."""

from __future__ import annotations

from accounts.services.pending_acts import register
from reporting.services.dead_letters import DISCARDS, REPLAYS


def register_kinds() -> None:
    """Make them known; called when the program starts."""
    register(REPLAYS)
    register(DISCARDS)
