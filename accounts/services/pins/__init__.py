"""Transaction PINs: set, tried, changed, and replaced when forgotten."""

from accounts.services.pins.reading import PinStanding, pin_standing
from accounts.services.pins.resetting import (
    cancel_pin_reset,
    choose_forgotten_pin,
    counts_at_once,
    request_pin_reset,
)
from accounts.services.pins.rules import MAX_TRIES
from accounts.services.pins.setting import change_pin, set_pin
from accounts.services.pins.trying import require_counting_pin, verify_pin

__all__ = [
    "MAX_TRIES",
    "PinStanding",
    "cancel_pin_reset",
    "change_pin",
    "choose_forgotten_pin",
    "counts_at_once",
    "pin_standing",
    "request_pin_reset",
    "require_counting_pin",
    "set_pin",
    "verify_pin",
]
