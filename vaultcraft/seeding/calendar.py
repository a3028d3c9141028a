"""When things happen in the demo world: on the days before the seeding, in Indian time."""

from __future__ import annotations

import datetime as dt
import zoneinfo

from vaultcraft.seeding.story import Moment

TIMEZONE = "Asia/Kolkata"


class Calendar:
    """Turns moments counted back from `now` into instants; none lies in the future."""

    def __init__(self, *, now: dt.datetime) -> None:
        self._now = now
        local = now.astimezone(zoneinfo.ZoneInfo(TIMEZONE))
        self._midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)

    def at(self, moment: Moment) -> dt.datetime:
        """The instant of a moment, in UTC."""
        clock = dt.timedelta(hours=moment.hour, minutes=moment.minute, seconds=moment.second)
        if moment.day == 0:
            return self._now - clock
        return (self._midnight - dt.timedelta(days=moment.day) + clock).astimezone(dt.UTC)

    def month(self, moment: Moment) -> str:
        """The month's name and year, as people write them about rent and salaries."""
        return self.at(moment).astimezone(self._midnight.tzinfo).strftime("%B %Y")
