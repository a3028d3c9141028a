"""Roles of the platform's own staff, and giving one back to a closed account."""

from __future__ import annotations

import datetime as dt
import uuid

from accounts import policy
from accounts.choices import PlatformRole
from accounts.errors import BeneficiaryOfPendingAct, InvalidProfile, RoleChangedMeanwhile
from accounts.models import PendingAct, User
from accounts.services.api_keys import revoke_beyond
from accounts.services.lookups import giver_of, note_giver
from accounts.services.networks.standing import from_known_network
from accounts.services.pending_acts.making import make_pending
from accounts.services.pending_acts.registry import Agreed, Result
from accounts.services.staff.telling import keep, tell_of_role
from accounts.services.staff.turns import MANAGE, check_not_last, of_staff, under_dual_control
from kernel.actor import Actor
from kernel.transactions import needs_transaction, opens_transaction

STAFF_ROLE = "accounts.staff_role"


@from_known_network(MANAGE)
@opens_transaction
def change_staff_role(
    *, actor: Actor, user_id: uuid.UUID, platform_role: str, now: dt.datetime
) -> User | PendingAct:
    """Give somebody of the staff another role, or a closed account of theirs its role back.

    Staff take turns. API keys they issued that the new role could not issue end with it. Records
    `accounts.staff.change_role`, emits `accounts.staff.role_changed`, mails the person and all
    super admins if anything is another now; or leaves a pending act where staff's acts take a
    second person.

    :raises PermissionDenied: unless the actor carries `staff.manage`.
    :raises InvalidProfile: if there is no such role.
    :raises NotFound: if there is no such person of the staff.
    :raises LastStaff: if no super admin would be left.
    :raises NetworkNotTrusted: if the actor is on a network that is new to them.
    """
    policy.require(actor, MANAGE)
    check_role(platform_role)
    user = of_staff(user_id)
    if platform_role != PlatformRole.SUPER_ADMIN:
        check_not_last(user)
    if under_dual_control(actor):
        return ask(actor=actor, user=user, role=platform_role, before=_present(user), now=now)
    return _give(actor=actor, user=user, role=platform_role, now=now)


@needs_transaction
def grant_staff_role(agreed: Agreed) -> Result:
    """Carry out what a second super admin agreed to, if the role is still what it was.

    :raises RoleChangedMeanwhile: if it is another one now.
    """
    user = of_staff(uuid.UUID(agreed.facts["user_id"]))
    role = agreed.facts["role"]
    if agreed.facts["before"] != _present(user):
        raise RoleChangedMeanwhile()
    if role != PlatformRole.SUPER_ADMIN:
        check_not_last(user)
    _give(actor=agreed.maker, user=user, role=role, now=agreed.now)
    return Result("user", user.id)


def allow_to_check_staff_role(agreed: Agreed) -> None:
    """Never the person whose role it is.

    :raises BeneficiaryOfPendingAct: if it is the checker's own role.
    """
    if agreed.facts["user_id"] == str(agreed.checker.id):
        raise BeneficiaryOfPendingAct()


def check_role(platform_role: str) -> None:
    """Go on only with a role that there is.

    :raises InvalidProfile: if there is none of that name.
    """
    if platform_role not in PlatformRole.values:
        names = ", ".join(PlatformRole.values)
        raise InvalidProfile(f"Choose one of {names}.", pointer="/platform_role")


@needs_transaction
def ask(*, actor: Actor, user: User, role: str, before: str | None, now: dt.datetime) -> PendingAct:
    """Have the role wait for another super admin.

    :param before: the person's role; None while their account is closed.
    """
    return make_pending(
        actor=actor,
        kind=STAFF_ROLE,
        organization_id=None,
        facts={"user_id": str(user.id), "before": before, "role": role},
        now=now,
    )


@needs_transaction
def _give(*, actor: Actor, user: User, role: str, now: dt.datetime) -> User:
    before = _present(user)
    if before != role:
        note_giver(user=user, giver_id=giver_of(actor), now=now)
    user.platform_role, user.is_active = role, True
    user.save(update_fields=["platform_role", "is_active", "role_given_by", "role_given_at"])
    revoke_beyond(actor=actor, issuer=user, platform_role=role, now=now)
    keep(actor=actor, user=user, verb="change_role", happened="role_changed", now=now)
    if before != role:
        tell_of_role(actor=actor, user=user, before=before, now=now)
    return user


def _present(user: User) -> str | None:
    return user.platform_role if user.is_active else None
