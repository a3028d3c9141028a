"""The one clock. Doors read it once and hand `now` inward; nothing inside asks again."""

from __future__ import annotations

import datetime as dt


def now() -> dt.datetime:
    """The current instant, aware, in UTC."""
    return dt.datetime.now(dt.UTC)
