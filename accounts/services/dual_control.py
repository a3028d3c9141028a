"""Which acts of an organization take a second person.

More of them at the owner's word alone, at once; fewer only with a second person's consent, or one
thief of an owner's session could switch the checks off and go on alone. Nothing is switched on that
nobody could agree to; where people left since, a super admin of the platform may agree to less.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

from accounts import policy
from accounts.errors import NobodyToCheck, RolesComeFirst
from accounts.models import DualControlPolicy, PendingAct, User
from accounts.permissions import PERMISSIONS
from accounts.queries import dual_control_policy_of
from accounts.services.invitations import withdraw_officers
from accounts.services.lookups import locked_organization
from accounts.services.networks.standing import from_known_network
from accounts.services.owners import tell_of_less
from accounts.services.pending_acts.independence import are_two_among
from accounts.services.pending_acts.making import make_pending
from accounts.services.pending_acts.registry import Agreed, PendingKind, Result
from accounts.services.pending_acts.turns import take_turns_at_home
from audit.services import record
from events.services import emit
from kernel.actor import Actor
from kernel.transactions import needs_transaction, opens_transaction

SET = "dual_control.set_policy"
CHECK = "dual_control.check_policy"

_MOST_LOOKED_AT = 100

# What it takes to agree to each.
_CHECKERS = {
    "roles": "dual_control.check_roles",
    "journals": "ledger.post_journal",
    "terms": "wallets.set_fees",
}


@from_known_network(SET)
@opens_transaction
def set_dual_control_policy(
    *, actor: Actor, roles: bool, journals: bool, terms: bool, now: dt.datetime
) -> DualControlPolicy | PendingAct:
    """Say which acts of the actor's organization take a second person. Locks the organization.

    Open invitations of officers end when making officers takes one.

    Records `accounts.dual_control_policy.set` and emits the event of that name; or leaves a pending
    act when something that takes one would no longer.

    :raises PermissionDenied: unless the actor carries `dual_control.set_policy` in an organization.
    :raises RolesComeFirst: if something else takes one while making officers does not.
    :raises NobodyToCheck: if something is switched on that fewer than two people may do.
    :raises NetworkNotTrusted: if the person is on a network that is new to them.
    """
    policy.require(actor, SET)
    organization = locked_organization(policy.own_organization(actor))
    wanted = {"roles": roles, "journals": journals, "terms": terms}
    before = _flags(dual_control_policy_of(organization.id))
    if (journals or terms) and not roles:
        raise RolesComeFirst()
    if any(before[name] and not wanted[name] for name in wanted):
        return make_pending(
            actor=actor,
            kind=DUAL_CONTROL_POLICY.name,
            organization_id=organization.id,
            facts={**wanted, "before": before},
            now=now,
        )
    return _set(actor=actor, organization_id=organization.id, wanted=wanted, now=now)


@needs_transaction
def require_roles_checked(organization_id: uuid.UUID) -> None:
    """Go on only if making officers takes a second person.

    While it does not, whoever holds one owner's session makes somebody who agrees.

    :raises RolesComeFirst: if it does not.
    """
    if not _flags(dual_control_policy_of(organization_id))["roles"]:
        raise RolesComeFirst()


@needs_transaction
def require_two(
    *, actor: Actor, organization_id: uuid.UUID, permission: str, now: dt.datetime
) -> None:
    """Go on only if two active people of the organization carry the permission who could agree.

    Not with each other where one lately brought in the other, or the same person both; nor to the
    acts of the actor.

    :raises NobodyToCheck: if there are none.
    """
    roles = PERMISSIONS[permission].roles
    rows = User.objects.filter(organization_id=organization_id, role__in=roles, is_active=True)
    people = list(rows.order_by("id").values_list("id", flat=True)[:_MOST_LOOKED_AT])
    if not are_two_among(people, asking=actor.id, now=now):
        raise NobodyToCheck(facts={"permission": permission})


@needs_transaction
def _set(
    *, actor: Actor, organization_id: uuid.UUID, wanted: Mapping[str, bool], now: dt.datetime
) -> DualControlPolicy:
    before = _flags(dual_control_policy_of(organization_id))
    for name, permission in _CHECKERS.items():
        if wanted[name] and not before[name]:
            require_two(
                actor=actor, organization_id=organization_id, permission=permission, now=now
            )
    row, _ = DualControlPolicy.objects.update_or_create(
        organization_id=organization_id, defaults={**wanted, "set_at": now}
    )
    if wanted["roles"] and not before["roles"]:
        withdraw_officers(actor=actor, organization_id=organization_id, now=now)
    facts: dict[str, object] = {"before": before, "after": dict(wanted)}
    record(
        actor=actor,
        action="accounts.dual_control_policy.set",
        subject_type="organization",
        subject_id=organization_id,
        organization_id=organization_id,
        metadata=facts,
        now=now,
    )
    emit(
        name="accounts.dual_control_policy.set",
        organization_id=organization_id,
        subject_id=organization_id,
        payload=dict(wanted),
        actor=actor,
        now=now,
    )
    if any(before[name] and not wanted[name] for name in wanted):
        said = _summary(wanted)
        tell_of_less(actor=actor, organization_id=organization_id, what=said, now=now)
    return row


def _flags(row: DualControlPolicy | None) -> dict[str, bool]:
    return {name: row is not None and bool(getattr(row, name)) for name in _CHECKERS}


@needs_transaction
def _execute(agreed: Agreed) -> Result:
    organization = locked_organization(policy.own_organization(agreed.maker))
    agreed.require_before(_flags(dual_control_policy_of(organization.id)))
    wanted = {name: bool(agreed.facts[name]) for name in _CHECKERS}
    _set(
        actor=agreed.maker,
        organization_id=organization.id,
        wanted=wanted,
        now=agreed.now,
    )
    return Result("organization", organization.id)


def _summary(facts: Mapping[str, Any]) -> str:
    on = [name for name in _CHECKERS if facts[name]]
    return f"A second person for: {', '.join(on) or 'nothing'}"


DUAL_CONTROL_POLICY = PendingKind(
    name="accounts.dual_control_policy",
    title="Less dual control",
    permission_to_make=SET,
    permission_to_check=CHECK,
    summarize=_summary,
    execute=_execute,
    take_turns=take_turns_at_home,
)
