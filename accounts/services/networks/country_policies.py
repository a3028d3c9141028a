"""From which countries an organization's people may move money."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from accounts import policy
from accounts.errors import CountriesUnknown
from accounts.models import CountryPolicy
from accounts.rules import checked_country
from accounts.services.lookups import locked_organization
from accounts.services.networks.countries import can_tell_countries
from accounts.services.networks.standing import from_known_network
from accounts.services.owners import tell_of_less
from audit.services import record
from kernel.actor import Actor
from kernel.transactions import opens_transaction

SET = "organizations.set_countries"


@from_known_network(SET)
@opens_transaction
def set_country_policy(
    *, actor: Actor, countries: Collection[str], now: dt.datetime
) -> CountryPolicy:
    """Let the people of the actor's organization move money from these countries only.

    API keys are not asked. An address of no known country is in none of them. Locks the
    organization. Records `accounts.organization.set_countries` with both lists; mails the owners
    when money may move from more countries than before.

    :param countries: ISO 3166-1 alpha-2; none lifts the rule.
    :raises PermissionDenied: unless the actor carries `organizations.set_countries`.
    :raises CountriesUnknown: if this installation has no GeoIP file and countries are named.
    :raises InvalidProfile: if there is no such country.
    :raises NetworkNotTrusted: if the person is on a network that is new to them.
    """
    policy.require(actor, SET)
    wanted = sorted({checked_country(country) for country in countries})
    if wanted and not can_tell_countries():
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
    if before and (not wanted or set(wanted) - set(before)):
        said = f"Money may move from {', '.join(wanted) or 'every country'}"
        tell_of_less(actor=actor, organization_id=organization.id, what=said, now=now)
    return row
