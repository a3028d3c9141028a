"""The time zone in which an organization counts its days.

It changes forward only: from the commit on, days and months of limits, the next periods, and cash
dates follow the new zone; nothing that was counted is counted again. A spending window never begins
anew by it: where the new date is an earlier one, the running day simply lasts until the new zone
has passed it.

A period's last day was a day of the zone it was opened in, and its end that day's end. Another zone
would make it end in the middle of a day, so the zone stands once a period is open or closed. Nor
may the organization's first day begin later than something that counts already.
"""

from __future__ import annotations

import datetime as dt
import uuid
from zoneinfo import ZoneInfo

from accounts.models import Organization
from accounts.policy import own_organization, require
from accounts.services.networks import from_known_network
from accounts.services.organizations import change_timezone
from kernel import clock
from kernel.actor import Actor
from kernel.transactions import needs_transaction, opens_transaction
from ledger.choices import PeriodState
from ledger.errors import TimeZoneTearsBooks
from ledger.models import Period, Transaction
from ledger.services.periods import locked_boundary

MANAGE = "organizations.manage"


@from_known_network(MANAGE)
@opens_transaction
def set_timezone(*, actor: Actor, timezone: str, now: dt.datetime) -> Organization:
    """Let the actor's organization count its days in another zone from now on.

    Locks the books, so that no period opens meanwhile, then the organization. Records
    `accounts.organization.set_timezone` with both zones and emits
    `accounts.organization.timezone_set`.

    :raises PermissionDenied: unless the actor carries `organizations.manage` in an organization.
    :raises InvalidProfile: if there is no such time zone.
    :raises TimeZoneTearsBooks: if a period is open or closed, or an entry would count before the
        organization's first day.
    :raises NetworkNotTrusted: if the actor is on a network that is new to them.
    """
    require(actor, MANAGE)
    organization_id = own_organization(actor)
    locked_boundary(organization_id)
    periods = Period.objects.filter(organization_id=organization_id)
    if periods.exclude(state=PeriodState.WITHDRAWN).exists():
        raise TimeZoneTearsBooks("A period is open or closed in the present time zone.")
    organization = change_timezone(
        actor=actor, organization_id=organization_id, timezone=timezone, now=now
    )
    _require_nothing_before(organization_id, organization)
    return organization


@needs_transaction
def _require_nothing_before(organization_id: uuid.UUID, organization: Organization) -> None:
    zone = organization.timezone
    first = clock.start_of_day(
        organization.created_at.astimezone(ZoneInfo(zone)).date(), timezone=zone
    )
    earlier = Transaction.objects.filter(organization_id=organization_id, effective_at__lt=first)
    if earlier.exists():
        raise TimeZoneTearsBooks("Something counts before the first day would begin.")
