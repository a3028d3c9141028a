"""From what amount on an organization's people approve what they move."""

from __future__ import annotations

import datetime as dt

from babel.numbers import get_currency_precision

from accounts import policy
from accounts.models import Organization
from accounts.services.lookups import locked_organization
from audit.services import record
from events.services import emit
from kernel.actor import Actor
from kernel.money import checked_minor
from kernel.transactions import opens_transaction

_DEFAULT_MAJOR = 10_000


def default_over_minor(base_currency: str) -> int:
    """What a new organization begins with: 10,000 of its base currency, in minor units."""
    exponent: int = get_currency_precision(base_currency)
    return int(_DEFAULT_MAJOR * 10**exponent)


@opens_transaction
def set_approval_policy(*, actor: Actor, over_minor: int | None, now: dt.datetime) -> Organization:
    """Say from what amount on the people of the actor's organization approve. Locks its row.

    Records `accounts.organization.set_approval_policy` with the value before, emits
    `accounts.organization.approval_policy_set`.

    :param over_minor: minor units of the base currency; movements of more than this need an
        approval, as do all in another currency. 0 asks for every one, None for none.
    :raises PermissionDenied: unless the actor carries `organizations.set_approval_policy`.
    :raises InvalidAmount: for what is no amount of a wallet.
    """
    policy.require(actor, "organizations.set_approval_policy")
    if over_minor:
        checked_minor(over_minor)
    organization = locked_organization(policy.own_organization(actor))
    before, organization.approval_over_minor = organization.approval_over_minor, over_minor
    organization.save(update_fields=["approval_over_minor"])
    record(
        actor=actor,
        action="accounts.organization.set_approval_policy",
        subject_type="organization",
        subject_id=organization.id,
        organization_id=organization.id,
        metadata={"before_minor": before, "over_minor": over_minor},
        now=now,
    )
    emit(
        name="accounts.organization.approval_policy_set",
        organization_id=organization.id,
        subject_id=organization.id,
        payload={"organization_id": str(organization.id), "over_minor": over_minor},
        actor=actor,
        now=now,
    )
    return organization
