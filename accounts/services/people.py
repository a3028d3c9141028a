"""Changing what people are: roles and removal."""

from __future__ import annotations

import datetime as dt
import uuid

from accounts import policy
from accounts.choices import MailKind, Role, SessionEnd
from accounts.errors import BeneficiaryOfPendingAct, InvalidProfile, LastOwner, RoleChangedMeanwhile
from accounts.models import Organization, PendingAct, User
from accounts.services.api_keys import revoke_beyond
from accounts.services.invitations import withdraw_beyond
from accounts.services.lookups import colleague, giver_of, locked_organization, note_giver
from accounts.services.mail import notify_security
from accounts.services.networks.standing import from_known_network
from accounts.services.owners import tell_of_changed_officer, tell_of_removed
from accounts.services.pending_acts.making import make_pending
from accounts.services.pending_acts.needing import Subject, under_dual_control
from accounts.services.pending_acts.registry import Agreed, Result
from accounts.services.sessions import end_sessions_of
from audit.services import record
from events.services import emit
from kernel.actor import Actor
from kernel.context import reading
from kernel.errors import PermissionDenied
from kernel.transactions import needs_transaction, opens_transaction

CHANGE_ROLE = "members.change_role"
ROLE_GRANT = "accounts.role_grant"
REMOVE = "members.remove"
REMOVAL = "accounts.removal"


@from_known_network(CHANGE_ROLE)
@opens_transaction
def change_role(
    *, actor: Actor, user_id: uuid.UUID, role: str, now: dt.datetime
) -> User | PendingAct:
    """Give a colleague another role; it counts from the next request on. Locks the organization.

    Where the organization's policy says so, making an officer waits for a second person, and so
    does making one less: then the answer is the pending act, and nothing else has happened.

    Keys and open invitations they issued that the new role could not issue end with it. Emits
    `accounts.member.role_changed`, `accounts.api_key.revoked` for each such key and
    `accounts.member.uninvited` for each such invitation; records `accounts.member.change_role`
    with both roles, `accounts.api_key.revoke` and `accounts.member.uninvite`; mails the person, and
    of an officer the other owners.

    :raises PermissionDenied: unless the actor carries `members.change_role`; only owners make or
        change owners.
    :raises InvalidProfile: if there is no such role.
    :raises NotFound: if the person is not an active colleague.
    :raises LastOwner: if nobody would own the organization.
    :raises NetworkNotTrusted: if the person is on a network that is new to them.
    """
    policy.require(actor, CHANGE_ROLE)
    if role not in Role.values:
        raise InvalidProfile(f"Choose one of {', '.join(Role.values)}.", pointer="/role")
    user = _changeable(actor=actor, user_id=user_id, role=role)
    officer = policy.touches_officer(before=user.role, role=role)
    if officer and _takes_two(actor=actor, user=user):
        return make_pending(
            actor=actor,
            kind=ROLE_GRANT,
            organization_id=user.organization_id,
            facts={"user_id": str(user.id), "before": user.role, "role": role},
            now=now,
        )
    return _give_role(actor=actor, user=user, role=role, now=now)


@needs_transaction
def _changeable(*, actor: Actor, user_id: uuid.UUID, role: str) -> User:
    organization = locked_organization(policy.own_organization(actor))
    user = colleague(actor=actor, user_id=user_id)
    _check_may_touch(actor=actor, user=user, role=role)
    if role != Role.OWNER:
        _check_not_last_owner(organization=organization, user=user)
    return user


@needs_transaction
def _give_role(*, actor: Actor, user: User, role: str, now: dt.datetime) -> User:
    before, user.role = user.role, role
    if before != role:
        note_giver(user=user, giver_id=giver_of(actor), now=now)
    user.save(update_fields=["role", "role_given_by", "role_given_at"])
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
    if policy.touches_officer(before=before, role=role):
        tell_of_changed_officer(actor=actor, user=user, before=str(before), now=now)
    return user


@needs_transaction
def grant_role(agreed: Agreed) -> Result:
    """Carry out a role grant that a second person agreed to, if the role is still what it was.

    :raises RoleChangedMeanwhile: if somebody gave the person another role meanwhile.
    """
    user_id, role = uuid.UUID(agreed.facts["user_id"]), agreed.facts["role"]
    user = _changeable(actor=agreed.maker, user_id=user_id, role=role)
    if user.role != agreed.facts["before"]:
        raise RoleChangedMeanwhile()
    _give_role(actor=agreed.maker, user=user, role=role, now=agreed.now)
    return Result("user", user.id)


def allow_to_check_role(agreed: Agreed) -> None:
    """Owners make owners, and agree to them; of the platform, whoever may agree to roles.

    :raises BeneficiaryOfPendingAct: to whose role it is.
    :raises PermissionDenied: if the checker could not have asked for it, either.
    """
    checker = agreed.checker
    if agreed.facts["user_id"] == str(checker.id):
        raise BeneficiaryOfPendingAct()
    wanted = {agreed.facts.get("role", ""), agreed.facts["before"] or ""}
    if not checker.is_platform and not all(policy.may_grant(checker, one) for one in wanted):
        raise PermissionDenied("Only an owner can agree to making, changing or removing an owner.")


def remove_member(*, actor: Actor, user_id: uuid.UUID, now: dt.datetime) -> User | PendingAct:
    """Close a colleague's account with their sessions, and the keys and invitations they issued.

    Removing somebody who is no officer only stops something. Whoever removes officers is left with
    what these had: it gives power, and where making officers takes a second person, so does this;
    then the answer is the pending act. Ending an officer's sessions goes on from anywhere.

    Locks the organization. The row, the wallets and the history stay. Emits
    `accounts.member.removed`, `accounts.session.revoked` for each session,
    `accounts.api_key.revoked` for each key and `accounts.member.uninvited` for each open
    invitation; records `accounts.member.remove` and the acts behind these; mails the person and
    the owners.

    :raises PermissionDenied: unless the actor carries `members.remove`; only owners remove owners.
    :raises NotFound: if the person is not an active colleague.
    :raises LastOwner: if nobody would own the organization.
    :raises NetworkNotTrusted: of an officer, if the actor is on a network that is new to them.
    :raises RoleChangedMeanwhile: if somebody made the person an officer meanwhile.
    """
    policy.require_but_place(actor, REMOVE, stopping=True)
    with reading(actor):
        officers = User.objects.filter(
            organization_id=policy.own_organization(actor), role__in=policy.OFFICER_ROLES
        )
        is_officer = officers.filter(id=user_id, is_active=True).exists()
    remove = _remove_officer if is_officer else _remove_other
    return remove(actor=actor, user_id=user_id, now=now)


@opens_transaction
def _remove_other(*, actor: Actor, user_id: uuid.UUID, now: dt.datetime) -> User:
    policy.require(actor, REMOVE, stopping=True)
    user = _removable(actor=actor, user_id=user_id)
    if user.role in policy.OFFICER_ROLES:
        raise RoleChangedMeanwhile()
    return _remove(actor=actor, user=user, now=now)


@from_known_network(REMOVE)
@opens_transaction
def _remove_officer(*, actor: Actor, user_id: uuid.UUID, now: dt.datetime) -> User | PendingAct:
    policy.require(actor, REMOVE)
    user = _removable(actor=actor, user_id=user_id)
    if _takes_two(actor=actor, user=user):
        return make_pending(
            actor=actor,
            kind=REMOVAL,
            organization_id=user.organization_id,
            facts={"user_id": str(user.id), "before": user.role},
            now=now,
        )
    return _remove(actor=actor, user=user, now=now)


@needs_transaction
def remove_agreed(agreed: Agreed) -> Result:
    """Carry out a removal that a second person agreed to, if the role is still what it was.

    :raises RoleChangedMeanwhile: if somebody gave the person another role meanwhile.
    """
    user = _removable(actor=agreed.maker, user_id=uuid.UUID(agreed.facts["user_id"]))
    if user.role != agreed.facts["before"]:
        raise RoleChangedMeanwhile()
    _remove(actor=agreed.maker, user=user, now=agreed.now)
    return Result("user", user.id)


@needs_transaction
def _removable(*, actor: Actor, user_id: uuid.UUID) -> User:
    organization = locked_organization(policy.own_organization(actor))
    user = colleague(actor=actor, user_id=user_id)
    _check_may_touch(actor=actor, user=user, role=user.role or "")
    _check_not_last_owner(organization=organization, user=user)
    return user


@needs_transaction
def _remove(*, actor: Actor, user: User, now: dt.datetime) -> User:
    user.is_active = False
    user.save(update_fields=["is_active"])
    end_sessions_of(actor=actor, user=user, reason=SessionEnd.MEMBER_REMOVED, now=now)
    revoke_beyond(actor=actor, issuer=user, role=None, now=now)
    withdraw_beyond(actor=actor, issuer=user, role=None, now=now)
    _tell(actor=actor, user=user, verb="remove", happened="removed", now=now)
    tell_of_removed(actor=actor, user=user, now=now)
    return user


@needs_transaction
def _takes_two(*, actor: Actor, user: User) -> bool:
    home = user.organization_id
    return under_dual_control(actor=actor, subject=Subject.ROLES, organization_id=home)


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
