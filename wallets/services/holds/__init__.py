"""Money reserved on one wallet for another: placed, captured in one or several parts, or voided."""

from wallets.services.holds.ending import capture_hold, capture_request, void_hold
from wallets.services.holds.placing import (
    LONGEST,
    HoldRehearsal,
    place_hold,
    rehearse_hold,
)
from wallets.services.holds.requests import HoldRequest

__all__ = [
    "LONGEST",
    "HoldRehearsal",
    "HoldRequest",
    "capture_hold",
    "capture_request",
    "place_hold",
    "rehearse_hold",
    "void_hold",
]
