"""Changing what people are: roles, removal, platform staff."""

from __future__ import annotations

import datetime as dt
import uuid

from django.contrib.auth.hashers import make_password

from accounts import policy
from accounts.choices import MailKind, PlatformRole, Role, SessionEnd
from accounts.errors import InvalidProfile, LastOwner
from accounts.models import Organization, User
from accounts.rules import check_password_strength, cleaned_name, normalized_email
from accounts.services.api_keys import revoke_beyond
from accounts.services.invitations import withdraw_beyond
from accounts.services.lookups import colleague, insert_user, locked_organization
from accounts.services.mail import notify_security
from accounts.services.sessions import end_sessions_of
from audit.services import record
from events.services import emit
from kernel.actor import Actor
from kernel.errors import PermissionDenied
from kernel.transactions import needs_transaction, opens_transaction


@opens_transaction
def change_role(*, actor: Actor, user_id: uuid.UUID, role: str, now: dt.datetime) -> User:
    """Give a colleague another role; it counts from the next request on. Locks the organization.

    Keys and open invitations they issued that the new role could not issue end with it. Emits
    `accounts.member.role_changed`, `accounts.api_key.revoked` for each such key and
    `accounts.member.uninvited` for each such invitation; records `accounts.member.change_role`
    with both roles, `accounts.api_key.revoke` and `accounts.member.uninvite`; mails the person.

    :raises PermissionDenied: unless the actor carries `members.change_role`; only owners make or
        change owners.
    :raises InvalidProfile: if there is no such role.
    :raises NotFound: if the person is not an active colleague.
    :raises LastOwner: if nobody would own the organization.
    """
    policy.require(actor, "members.change_role")
    if role not in Role.values:
        raise InvalidProfile(f"Choose one of {', '.join(Role.values)}.", pointer="/role")
    organization = locked_organization(policy.own_organization(actor))
    user = colleague(actor=actor, user_id=user_id)
    _check_may_touch(actor=actor, user=user, role=role)
    if role != Role.OWNER:
        _check_not_last_owner(organization=organization, user=user)
    before, user.role = user.role, role
    user.save(update_fields=["role"])
    revoke_beyond(actor=actor, issuer=user, role=role, now=now)
    withdraw_beyond(actor=actor, issuer=user, role=role, now=now)
    _tell(
        actor=actor,
        user=user,
        verb="change_role",
        happened="role_changed",
        now=now,
        metadata={"before": before, "after": role},
    )
    words = {"who": actor.display, "before": str(before), "after": role}
    notify_security(actor=actor, user=user, kind=MailKind.ROLE_CHANGED, variables=words, now=now)
    return user


@opens_transaction
def remove_member(*, actor: Actor, user_id: uuid.UUID, now: dt.datetime) -> User:
    """Close a colleague's account with their sessions, and the keys and invitations they issued.

    Locks the organization. The row, the wallets and the history stay. Emits
    `accounts.member.removed`, `accounts.session.revoked` for each session,
    `accounts.api_key.revoked` for each key and `accounts.member.uninvited` for each open
    invitation; records `accounts.member.remove` and the acts behind these.

    :raises PermissionDenied: unless the actor carries `members.remove`; only owners remove owners.
    :raises NotFound: if the person is not an active colleague.
    :raises LastOwner: if nobody would own the organization.
    """
    policy.require(actor, "members.remove")
    organization = locked_organization(policy.own_organization(actor))
    user = colleague(actor=actor, user_id=user_id)
    _check_may_touch(actor=actor, user=user, role=user.role or "")
    _check_not_last_owner(organization=organization, user=user)
    user.is_active = False
    user.save(update_fields=["is_active"])
    end_sessions_of(actor=actor, user=user, reason=SessionEnd.MEMBER_REMOVED, now=now)
    revoke_beyond(actor=actor, issuer=user, role=None, now=now)
    withdraw_beyond(actor=actor, issuer=user, role=None, now=now)
    _tell(actor=actor, user=user, verb="remove", happened="removed", now=now)
    return user


def _check_may_touch(*, actor: Actor, user: User, role: str) -> None:
    if not (policy.may_grant(actor, role) and policy.may_grant(actor, user.role or "")):
        raise PermissionDenied("Only an owner can make or change an owner.")


@needs_transaction
def _check_not_last_owner(*, organization: Organization, user: User) -> None:
    if user.role != Role.OWNER:
        return
    owners = organization.people.filter(role=Role.OWNER, is_active=True)
    if not owners.exclude(id=user.id).exists():
        raise LastOwner()


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

    Emits `accounts.staff.added`; records `accounts.staff.add`.

    :raises PermissionDenied: unless the actor carries `staff.manage`.
    :raises InvalidProfile: on an unusable name or address, or an unknown role.
    :raises WeakPassword: if the password is refused.
    :raises EmailTaken: if the address signs somebody in already.
    """
    policy.require(actor, "staff.manage")
    if platform_role not in PlatformRole.values:
        names = ", ".join(PlatformRole.values)
        raise InvalidProfile(f"Choose one of {names}.", pointer="/platform_role")
    check_password_strength(password)
    user = User(
        email=normalized_email(email),
        full_name=cleaned_name(full_name, pointer="/full_name"),
        password=make_password(password),  # slow on purpose, so before the transaction
        platform_role=platform_role,
        created_at=now,
        email_confirmed_at=now,  # whoever adds staff knows whose mailbox it is
    )
    return _create_staff(actor=actor, user=user, now=now)


@opens_transaction
def _create_staff(*, actor: Actor, user: User, now: dt.datetime) -> User:
    insert_user(user)
    record(
        actor=actor,
        action="accounts.staff.add",
        subject_type="user",
        subject_id=user.id,
        metadata={"platform_role": user.platform_role},
        now=now,
    )
    emit(
        name="accounts.staff.added",
        organization_id=None,
        subject_id=user.id,
        payload={"user_id": str(user.id), "platform_role": user.platform_role},
        actor=actor,
        now=now,
    )
    return user


@needs_transaction
def _tell(
    *,
    actor: Actor,
    user: User,
    verb: str,
    happened: str,
    now: dt.datetime,
    metadata: dict[str, object] | None = None,
) -> None:
    record(
        actor=actor,
        action=f"accounts.member.{verb}",
        subject_type="user",
        subject_id=user.id,
        organization_id=user.organization_id,
        metadata=metadata or {"role": user.role},
        now=now,
    )
    emit(
        name=f"accounts.member.{happened}",
        organization_id=user.organization_id,
        subject_id=user.id,
        payload={"user_id": str(user.id), "role": user.role},
        actor=actor,
        now=now,
    )
