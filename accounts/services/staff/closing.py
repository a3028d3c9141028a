"""Closing the account of somebody of the staff."""

from __future__ import annotations

import datetime as dt
import uuid

from accounts import policy
from accounts.choices import SessionEnd
from accounts.errors import RoleChangedMeanwhile
from accounts.models import PendingAct, User
from accounts.services.api_keys import revoke_beyond
from accounts.services.networks.standing import from_known_network
from accounts.services.pending_acts.making import make_pending
from accounts.services.pending_acts.registry import Agreed, Result
from accounts.services.sessions import end_sessions_of
from accounts.services.staff.telling import keep, tell_of_closed
from accounts.services.staff.turns import MANAGE, check_not_last, of_staff, under_dual_control
from kernel.actor import Actor
from kernel.context import reading
from kernel.errors import NotFound
from kernel.transactions import needs_transaction, opens_transaction

STAFF_CLOSING = "accounts.staff_closing"


def close_staff_account(*, actor: Actor, user_id: uuid.UUID, now: dt.datetime) -> User | PendingAct:
    """Close the account of somebody of the staff, with sessions and the keys they issued.

    Staff take turns. Closing a moderator's only stops something. Whoever closes admins is left with
    what these had: it gives power, and waits for another super admin where staff's acts do. Ending
    sessions goes on from anywhere.

    Records `accounts.staff.close`, emits `accounts.staff.closed` and what ending sessions emits;
    mails the person and all super admins.

    :raises PermissionDenied: unless the actor carries `staff.manage`.
    :raises NotFound: if there is no such person of the staff with an open account.
    :raises LastStaff: if no super admin would be left.
    :raises NetworkNotTrusted: of an admin, if the actor is on a network that is new to them.
    :raises RoleChangedMeanwhile: if somebody made the person an admin meanwhile.
    """
    policy.require_but_place(actor, MANAGE, stopping=True)
    with reading(actor):
        admins = User.objects.filter(platform_role__in=policy.STAFF_ADMIN_ROLES, is_active=True)
        is_admin = admins.filter(id=user_id).exists()
    close = _close_admin if is_admin else _close_other
    return close(actor=actor, user_id=user_id, now=now)


@opens_transaction
def _close_other(*, actor: Actor, user_id: uuid.UUID, now: dt.datetime) -> User:
    policy.require(actor, MANAGE, stopping=True)
    user = _closable(user_id)
    if user.platform_role in policy.STAFF_ADMIN_ROLES:
        raise RoleChangedMeanwhile()
    return _close(actor=actor, user=user, now=now)


@from_known_network(MANAGE)
@opens_transaction
def _close_admin(*, actor: Actor, user_id: uuid.UUID, now: dt.datetime) -> User | PendingAct:
    policy.require(actor, MANAGE)
    user = _closable(user_id)
    if under_dual_control(actor):
        return make_pending(
            actor=actor,
            kind=STAFF_CLOSING,
            organization_id=None,
            facts={"user_id": str(user.id), "before": user.platform_role},
            now=now,
        )
    return _close(actor=actor, user=user, now=now)


@needs_transaction
def close_agreed(agreed: Agreed) -> Result:
    """Carry out what a second super admin agreed to, if the role is still what it was.

    :raises RoleChangedMeanwhile: if it is another one now.
    """
    user = _closable(uuid.UUID(agreed.facts["user_id"]))
    if user.platform_role != agreed.facts["before"]:
        raise RoleChangedMeanwhile()
    _close(actor=agreed.maker, user=user, now=agreed.now)
    return Result("user", user.id)


@needs_transaction
def _closable(user_id: uuid.UUID) -> User:
    user = of_staff(user_id)
    if not user.is_active:
        raise NotFound("There is no such person.")
    check_not_last(user)
    return user


@needs_transaction
def _close(*, actor: Actor, user: User, now: dt.datetime) -> User:
    user.is_active = False
    user.save(update_fields=["is_active"])
    end_sessions_of(actor=actor, user=user, reason=SessionEnd.MEMBER_REMOVED, now=now)
    revoke_beyond(actor=actor, issuer=user, now=now)
    keep(actor=actor, user=user, verb="close", happened="closed", now=now)
    tell_of_closed(actor=actor, user=user, now=now)
    return user
