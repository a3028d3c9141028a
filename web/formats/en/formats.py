"""Dates of the staff site: day before month as on the dashboard, and instants with their zone."""

from __future__ import annotations

DATE_FORMAT = "j M Y"
DATETIME_FORMAT = r"j M Y, H:i \U\T\C"  # TIME_ZONE is UTC
TIME_FORMAT = "H:i"
