"""The platform's own staff: adding them, changing their role, closing their account."""

from __future__ import annotations

import datetime as dt
import uuid

from django.contrib.auth.hashers import make_password
from django.db import connection

from accounts import policy
from accounts.choices import PlatformRole, SessionEnd
from accounts.errors import BeneficiaryOfPendingAct, InvalidProfile, LastStaff, RoleChangedMeanwhile
from accounts.models import PendingAct, User
from accounts.rules import check_password_strength, cleaned_name, normalized_email
from accounts.services.api_keys import revoke_beyond
from accounts.services.lookups import giver_of, insert_user, note_giver
from accounts.services.networks.standing import from_known_network
from accounts.services.owners import tell_of_closed
from accounts.services.pending_acts.making import make_pending
from accounts.services.pending_acts.registry import Agreed, Result
from accounts.services.runtime import fresh_value
from accounts.services.sessions import end_sessions_of
from accounts.system import STAFF_DUAL_CONTROL
from audit.services import record
from events.services import emit
from kernel.actor import Actor, ActorKind
from kernel.context import reading
from kernel.errors import NotFound
from kernel.transactions import needs_transaction, opens_transaction

MANAGE = "staff.manage"
STAFF_ROLE = "accounts.staff_role"
STAFF_CLOSING = "accounts.staff_closing"


@from_known_network(MANAGE)
def create_staff(
    *,
    actor: Actor,
    email: str,
    full_name: str,
    platform_role: str,
    password: str,
    now: dt.datetime,
) -> User:
    """Make a person of the platform's own staff.

    Where staff's acts take a second person, the account is closed until another super admin has
    agreed to its role; a pending act waits for that. Emits `accounts.staff.added`; records
    `accounts.staff.add`.

    :raises PermissionDenied: unless the actor carries `staff.manage`.
    :raises InvalidProfile: on an unusable name or address, or an unknown role.
    :raises WeakPassword: if the password is refused.
    :raises EmailTaken: if the address signs somebody in already.
    :raises NetworkNotTrusted: if the actor is on a network that is new to them.
    """
    policy.require(actor, MANAGE)
    _check_role(platform_role)
    check_password_strength(password, own=(full_name, email))
    user = User(
        email=normalized_email(email),
        full_name=cleaned_name(full_name, pointer="/full_name"),
        password=make_password(password),  # slow on purpose, so before the transaction
        platform_role=platform_role,
        role_given_by_id=giver_of(actor),
        role_given_at=now,
        created_at=now,
        email_confirmed_at=now,  # whoever adds staff knows whose mailbox it is
    )
    return _create_staff(actor=actor, user=user, now=now)


@opens_transaction
def _create_staff(*, actor: Actor, user: User, now: dt.datetime) -> User:
    waits = _under_dual_control(actor)
    user.is_active = not waits
    insert_user(user)
    if waits:
        _ask(actor=actor, user=user, role=str(user.platform_role), before=None, now=now)
    _tell(actor=actor, user=user, verb="add", happened="added", now=now)
    return user


@from_known_network(MANAGE)
@opens_transaction
def change_staff_role(
    *, actor: Actor, user_id: uuid.UUID, platform_role: str, now: dt.datetime
) -> User | PendingAct:
    """Give somebody of the staff another role, or a closed account of theirs its role back.

    Staff take turns. API keys they issued that the new role could not issue end with it. Records
    `accounts.staff.change_role`, emits `accounts.staff.role_changed`; or leaves a pending act where
    staff's acts take a second person.

    :raises PermissionDenied: unless the actor carries `staff.manage`.
    :raises InvalidProfile: if there is no such role.
    :raises NotFound: if there is no such person of the staff.
    :raises LastStaff: if no super admin would be left.
    :raises NetworkNotTrusted: if the actor is on a network that is new to them.
    """
    policy.require(actor, MANAGE)
    _check_role(platform_role)
    user = _of_staff(user_id)
    if platform_role != PlatformRole.SUPER_ADMIN:
        _check_not_last(user)
    if _under_dual_control(actor):
        before = user.platform_role if user.is_active else None
        return _ask(actor=actor, user=user, role=platform_role, before=before, now=now)
    return _give(actor=actor, user=user, role=platform_role, now=now)


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
    if _under_dual_control(actor):
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
    user = _of_staff(user_id)
    if not user.is_active:
        raise NotFound("There is no such person.")
    _check_not_last(user)
    return user


@needs_transaction
def _close(*, actor: Actor, user: User, now: dt.datetime) -> User:
    user.is_active = False
    user.save(update_fields=["is_active"])
    end_sessions_of(actor=actor, user=user, reason=SessionEnd.MEMBER_REMOVED, now=now)
    revoke_beyond(actor=actor, issuer=user, now=now)
    _tell(actor=actor, user=user, verb="close", happened="closed", now=now)
    tell_of_closed(actor=actor, user=user, now=now)
    return user


@needs_transaction
def grant_staff_role(agreed: Agreed) -> Result:
    """Carry out what a second super admin agreed to, if the role is still what it was.

    :raises RoleChangedMeanwhile: if it is another one now.
    """
    user = _of_staff(uuid.UUID(agreed.facts["user_id"]))
    role = agreed.facts["role"]
    if agreed.facts["before"] != (user.platform_role if user.is_active else None):
        raise RoleChangedMeanwhile()
    if role != PlatformRole.SUPER_ADMIN:
        _check_not_last(user)
    _give(actor=agreed.maker, user=user, role=role, now=agreed.now)
    return Result("user", user.id)


def allow_to_check_staff_role(agreed: Agreed) -> None:
    """Never the person whose role it is.

    :raises BeneficiaryOfPendingAct: if it is the checker's own role.
    """
    if agreed.facts["user_id"] == str(agreed.checker.id):
        raise BeneficiaryOfPendingAct()


def _under_dual_control(actor: Actor) -> bool:
    return actor.kind is not ActorKind.SYSTEM and bool(fresh_value(STAFF_DUAL_CONTROL))


def _check_role(platform_role: str) -> None:
    if platform_role not in PlatformRole.values:
        names = ", ".join(PlatformRole.values)
        raise InvalidProfile(f"Choose one of {names}.", pointer="/platform_role")


@needs_transaction
def _take_turns() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('platform staff', 0))")


@needs_transaction
def take_turns_with_staff(_: PendingAct) -> None:
    """Deciding about a role of staff takes its turn before it locks people."""
    _take_turns()


@needs_transaction
def _of_staff(user_id: uuid.UUID) -> User:
    """A person of the staff, active or not; who changes staff takes turns until the commit."""
    _take_turns()
    user = User.objects.filter(id=user_id, platform_role__isnull=False).first()
    if user is None:
        raise NotFound("There is no such person.")
    return user


@needs_transaction
def _check_not_last(user: User) -> None:
    if user.platform_role != PlatformRole.SUPER_ADMIN or not user.is_active:
        return
    others = User.objects.filter(platform_role=PlatformRole.SUPER_ADMIN, is_active=True)
    if not others.exclude(id=user.id).exists():
        raise LastStaff()


@needs_transaction
def _ask(
    *, actor: Actor, user: User, role: str, before: str | None, now: dt.datetime
) -> PendingAct:
    return make_pending(
        actor=actor,
        kind=STAFF_ROLE,
        organization_id=None,
        facts={"user_id": str(user.id), "before": before, "role": role},
        now=now,
    )


@needs_transaction
def _give(*, actor: Actor, user: User, role: str, now: dt.datetime) -> User:
    if user.platform_role != role or not user.is_active:
        note_giver(user=user, giver_id=giver_of(actor), now=now)
    user.platform_role, user.is_active = role, True
    user.save(update_fields=["platform_role", "is_active", "role_given_by", "role_given_at"])
    revoke_beyond(actor=actor, issuer=user, platform_role=role, now=now)
    _tell(actor=actor, user=user, verb="change_role", happened="role_changed", now=now)
    return user


@needs_transaction
def _tell(*, actor: Actor, user: User, verb: str, happened: str, now: dt.datetime) -> None:
    record(
        actor=actor,
        action=f"accounts.staff.{verb}",
        subject_type="user",
        subject_id=user.id,
        metadata={"platform_role": user.platform_role},
        now=now,
    )
    emit(
        name=f"accounts.staff.{happened}",
        organization_id=None,
        subject_id=user.id,
        payload={"user_id": str(user.id), "platform_role": user.platform_role},
        actor=actor,
        now=now,
    )
