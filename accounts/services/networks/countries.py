"""In which country an address is, where that can be told."""

from __future__ import annotations

import functools
import logging

import maxminddb
from django.conf import settings

logger = logging.getLogger(__name__)


def country_of(ip: str) -> str | None:
    """The ISO code of the country an address is in; None if nobody can tell."""
    reader = _reader(settings.VAULTCRAFT_GEOIP_PATH)
    if reader is None:
        return None
    try:
        found = reader.get(ip)
    except (ValueError, maxminddb.InvalidDatabaseError):
        return None
    country = found.get("country") if isinstance(found, dict) else None
    code = country.get("iso_code") if isinstance(country, dict) else None
    return code if isinstance(code, str) else None


def can_tell_countries() -> bool:
    """Whether a GeoIP file is configured and can be read."""
    return _reader(settings.VAULTCRAFT_GEOIP_PATH) is not None


@functools.lru_cache(maxsize=2)
def _reader(path: str) -> maxminddb.Reader | None:
    """The file, opened once for the life of the process."""
    if not path:
        return None
    try:
        return maxminddb.open_database(path)
    except (OSError, maxminddb.InvalidDatabaseError):
        logger.exception("geoip_unreadable")
        return None
