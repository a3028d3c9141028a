"""The kinds of act of this room that may wait for a second person."""

from __future__ import annotations

from accounts.services.pending_acts import register
from wallets.services import thresholds
from wallets.services.transfers import checked


def register_kinds() -> None:
    """Make them known; called when the program starts."""
    register(checked.KIND)
    register(thresholds.KIND)
