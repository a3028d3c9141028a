"""When a delivery is tried again, and when it is given up."""

from __future__ import annotations

import datetime as dt
import random
from email.utils import parsedate_to_datetime

# Twelve attempts in about three days, each pause a fifth longer or shorter by chance.
PAUSES = tuple(
    dt.timedelta(seconds=seconds)
    for seconds in (5, 30, 120, 600, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400, 86_400)
)
MAX_TRIES = len(PAUSES) + 1
_JITTER = 0.2

# Longer than all pauses at their longest, and than any `Retry-After` that is honored.
LIFETIME = dt.timedelta(days=5)
FAILING_TOO_LONG = dt.timedelta(days=3)
# What is over is kept as long as the stream keeps the event.
KEPT = dt.timedelta(days=30)

RESTS = (dt.timedelta(seconds=1), dt.timedelta(hours=24))


def pause_after(tries: int) -> dt.timedelta | None:
    """How long to wait after so many tries; None: there is no other."""
    if tries >= MAX_TRIES:
        return None
    return PAUSES[tries - 1] * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311 - jitter


def rest_of(retry_after: str, *, now: dt.datetime) -> dt.timedelta | None:
    """What a `Retry-After` asks for (RFC 9110, 10.2.3), within bounds; None: nothing readable."""
    asked = _asked(retry_after.strip(), now=now)
    return None if asked is None else min(max(asked, RESTS[0]), RESTS[1])


def _asked(text: str, *, now: dt.datetime) -> dt.timedelta | None:
    if text.isascii() and text.isdigit():
        return dt.timedelta(seconds=min(int(text[:9]), 10**8))
    try:
        then = parsedate_to_datetime(text)
    except ValueError:
        return None
    return (then if then.tzinfo else then.replace(tzinfo=dt.UTC)) - now
