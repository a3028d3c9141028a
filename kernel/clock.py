"""The one clock. Doors read it once and hand `now` inward; nothing inside asks again."""

from __future__ import annotations

import datetime as dt
import zoneinfo


def now() -> dt.datetime:
    """The current instant, aware, in UTC."""
    return dt.datetime.now(dt.UTC)


def start_of_day(day: dt.date, *, timezone: str) -> dt.datetime:
    """The first instant of a day in a time zone, in UTC.

    Where clocks jump over midnight the day begins at the jump; where midnight comes twice it begins
    at the first.
    """
    midnight = dt.datetime.combine(day, dt.time(fold=0))
    return midnight.replace(tzinfo=zoneinfo.ZoneInfo(timezone)).astimezone(dt.UTC)
