"""From which countries an organization's people may move money, where that can be told."""

from __future__ import annotations

import datetime as dt
import functools
import logging
from collections.abc import Collection

import maxminddb
from django.conf import settings

from accounts import policy
from accounts.errors import CountriesUnknown
from accounts.models import CountryPolicy
from accounts.rules import checked_country
from accounts.services.lookups import locked_organization
from audit.services import record
from kernel.actor import Actor
from kernel.transactions import opens_transaction

logger = logging.getLogger(__name__)


@opens_transaction
def set_country_policy(
    *, actor: Actor, countries: Collection[str], now: dt.datetime
) -> CountryPolicy:
    """Let the people of the actor's organization move money from these countries only.

    API keys are not asked. An address of no known country is in none of them. Locks the
    organization. Records `accounts.organization.set_countries` with both lists.

    :param countries: ISO 3166-1 alpha-2; none lifts the rule.
    :raises PermissionDenied: unless the actor carries `organizations.set_countries`.
    :raises CountriesUnknown: if this installation has no GeoIP file and countries are named.
    :raises InvalidProfile: if there is no such country.
    """
    policy.require(actor, "organizations.set_countries")
    wanted = sorted({checked_country(country) for country in countries})
    if wanted and _reader(settings.VAULTCRAFT_GEOIP_PATH) is None:
        raise CountriesUnknown(pointer="/countries")
    organization = locked_organization(policy.own_organization(actor))
    row = CountryPolicy.objects.filter(organization=organization).first()
    before = row.countries if row else []
    if row is None:
        row = CountryPolicy.objects.create(organization=organization, countries=wanted, set_at=now)
    else:
        row.countries, row.set_at = wanted, now
        row.save(update_fields=["countries", "set_at"])
    record(
        actor=actor,
        action="accounts.organization.set_countries",
        subject_type="organization",
        subject_id=organization.id,
        organization_id=organization.id,
        metadata={"before": before, "after": wanted},
        now=now,
    )
    return row


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
