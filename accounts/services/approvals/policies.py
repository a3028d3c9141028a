"""From what amount on an organization's people approve what they move."""

from __future__ import annotations

import datetime as dt

from babel.numbers import get_currency_precision

from accounts import policy
from accounts.models import Organization, PendingAct
from accounts.services.lookups import locked_organization
from accounts.services.networks.standing import from_known_network
from accounts.services.owners import tell_of_less
from accounts.services.pending_acts.making import make_pending
from accounts.services.pending_acts.needing import Subject, under_dual_control
from accounts.services.pending_acts.registry import Agreed, Facts, PendingKind, Result
from accounts.services.pending_acts.turns import take_turns_at_home
from audit.services import record
from events.services import emit
from kernel.actor import Actor
from kernel.money import checked_minor, display
from kernel.transactions import needs_transaction, opens_transaction

SET = "organizations.set_approval_policy"
_DEFAULT_MAJOR = 10_000


def default_over_minor(base_currency: str) -> int:
    """What a new organization begins with: 10,000 of its base currency, in minor units."""
    exponent: int = get_currency_precision(base_currency)
    return int(_DEFAULT_MAJOR * 10**exponent)


@from_known_network(SET)
@opens_transaction
def set_approval_policy(
    *, actor: Actor, over_minor: int | None, now: dt.datetime
) -> Organization | PendingAct:
    """Say from what amount on the people of the actor's organization approve. Locks its row.

    More approvals hold at once. Fewer do, too, unless the organization has terms set by two people:
    then it waits for the second one, and the answer is the pending act. Records
    `accounts.organization.set_approval_policy` with the value before, emits
    `accounts.organization.approval_policy_set`; mails the owners when it asks less than before.

    :param over_minor: minor units of the base currency; movements of more than this need an
        approval, as do all in another currency. 0 asks for every one, None for none.
    :raises PermissionDenied: unless the actor carries `organizations.set_approval_policy`.
    :raises InvalidAmount: for what is no amount of a wallet.
    :raises NetworkNotTrusted: if the person is on a network that is new to them.
    """
    policy.require(actor, SET)
    if over_minor:
        checked_minor(over_minor)
    organization = locked_organization(policy.own_organization(actor))
    before = organization.approval_over_minor
    less = asks_less(before=before, after=over_minor)
    if less and under_dual_control(
        actor=actor, subject=Subject.TERMS, organization_id=organization.id
    ):
        return make_pending(
            actor=actor,
            kind=FEWER_APPROVALS.name,
            organization_id=organization.id,
            facts={
                "over_minor": over_minor,
                "currency": organization.base_currency,
                "before": before,
            },
            now=now,
        )
    return _set(actor=actor, organization=organization, over_minor=over_minor, now=now)


def asks_less(*, before: int | None, after: int | None) -> bool:
    """Whether people approve less with the second amount than with the first; None: nothing."""
    return before is not None and (after is None or after > before)


@needs_transaction
def _set(
    *, actor: Actor, organization: Organization, over_minor: int | None, now: dt.datetime
) -> Organization:
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
    if asks_less(before=before, after=over_minor):
        said = _said(over_minor, organization.base_currency)
        tell_of_less(actor=actor, organization_id=organization.id, what=said, now=now)
    return organization


@needs_transaction
def _execute(agreed: Agreed) -> Result:
    organization = locked_organization(policy.own_organization(agreed.maker))
    agreed.require_before(organization.approval_over_minor)
    over_minor = agreed.facts["over_minor"]
    _set(actor=agreed.maker, organization=organization, over_minor=over_minor, now=agreed.now)
    return Result("organization", organization.id)


def _said(over_minor: int | None, currency: str) -> str:
    if over_minor is None:
        return "People approve nothing any more"
    amount = display(
        amount_minor=over_minor, currency=currency, exponent=get_currency_precision(currency)
    )
    return f"People approve what they move over {amount} only"


def _summary(facts: Facts) -> str:
    return _said(facts["over_minor"], facts["currency"])


FEWER_APPROVALS = PendingKind(
    name="accounts.fewer_approvals",
    title="Fewer approvals",
    permission_to_make=SET,
    permission_to_check="dual_control.check_policy",
    summarize=_summary,
    execute=_execute,
    take_turns=take_turns_at_home,
)
