"""Inviting people into an organization, and joining."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import NamedTuple

from django.db.models import Q

from accounts import policy
from accounts.actors import as_user
from accounts.choices import MailKind, OrganizationStatus, Role
from accounts.errors import (
    AlreadyMember,
    FormerMemberPasswordRequired,
    InvalidInvitation,
    InvalidProfile,
    OfficersByRoleOnly,
    OrganizationSuspended,
)
from accounts.models import Invitation, User
from accounts.rules import cleaned_name, normalized_email
from accounts.services.confirming import mail_confirmation_link, mark_confirmed
from accounts.services.invitation_mail import came_by_mail, mail_invitation
from accounts.services.lookups import insert_user, locked_organization, view_of_newcomer
from accounts.services.networks.noting import note_network
from accounts.services.networks.standing import require_known_network
from accounts.services.owners import tell_of_officer, tell_owners
from accounts.services.pending_acts.needing import Subject, under_dual_control
from accounts.services.returning import (
    check_is_proven,
    former_member,
    hash_to_join_with,
    record_failure,
)
from audit.services import Act, record_many
from events.services import Fact, emit_many
from kernel.actor import Actor
from kernel.context import Context, Scope, reading_as
from kernel.crypto import hash_token, new_token
from kernel.errors import NotFound, PermissionDenied
from kernel.transactions import needs_transaction, opens_transaction

LIFETIME = dt.timedelta(days=7)


class IssuedInvitation(NamedTuple):
    """A new invitation, and the token that its inviter sees this once; none for an officer's."""

    invitation: Invitation
    token: str


def invite(*, actor: Actor, email: str, role: str, now: dt.datetime) -> IssuedInvitation:
    """Invite somebody into the actor's organization; an earlier open invitation is withdrawn.

    The link goes to the address by mail. The token that is returned makes another link, which the
    inviter may pass on; it does not show that whoever joins with it has the mailbox. For officers
    there is none: whoever gets hold of an owner's session could make themselves a second owner. The
    owners are told of these by mail.

    Locks the organization. Emits `accounts.member.invited`; records `accounts.member.invite`.

    :raises PermissionDenied: unless the actor carries `members.invite`, and for owners is one.
    :raises InvalidProfile: on a malformed address or an unknown role.
    :raises AlreadyMember: if the person is in the organization already.
    :raises OfficersByRoleOnly: for an officer, where making one takes a second person.
    :raises NetworkNotTrusted: for an officer, if the inviter is on a network that is new to them.
    """
    policy.require(actor, "members.invite")
    _check_role(actor=actor, role=role)
    if policy.makes_officer(before=None, role=role):
        require_known_network(actor=actor, now=now)
    return _invite(actor=actor, email=email, role=role, now=now)


@opens_transaction
def _invite(*, actor: Actor, email: str, role: str, now: dt.datetime) -> IssuedInvitation:
    organization = locked_organization(policy.own_organization(actor))
    officer = policy.makes_officer(before=None, role=role)
    if officer and under_dual_control(actor=actor, subject=Subject.ROLES):
        raise OfficersByRoleOnly(pointer="/role")
    address = normalized_email(email)
    if organization.people.filter(email=address, is_active=True).exists():
        raise AlreadyMember(pointer="/email")
    open_ones = organization.invitations.filter(accepted_at=None, withdrawn_at=None)
    open_ones.filter(email=address).update(withdrawn_at=now)
    token, mailed = new_token(), new_token()
    invitation = Invitation.objects.create(
        organization=organization,
        email=address,
        role=role,
        token_hash=hash_token(token),
        mailed_token_hash=hash_token(mailed),
        invited_by_id=actor.id,
        created_at=now,
        expires_at=now + LIFETIME,
    )
    mail_invitation(actor=actor, invitation=invitation, token=mailed, now=now)
    _tell(actor=actor, invitation=invitation, verb="invite", happened="invited", now=now)
    if officer:
        _tell_owners(actor=actor, invitation=invitation, now=now)
    return IssuedInvitation(invitation, "" if officer else token)


@needs_transaction
def _tell_owners(*, actor: Actor, invitation: Invitation, now: dt.datetime) -> None:
    tell_owners(
        actor=actor,
        organization_id=invitation.organization_id,
        kind=MailKind.OFFICER_INVITED,
        variables={"address": invitation.email, "role": Role(invitation.role).label},
        now=now,
    )


def _check_role(*, actor: Actor, role: str) -> None:
    if role not in Role.values:
        raise InvalidProfile(f"Choose one of {', '.join(Role.values)}.", pointer="/role")
    if not policy.may_grant(actor, role):
        raise PermissionDenied("Only an owner can make somebody an owner.")


@opens_transaction
def withdraw_invitation(*, actor: Actor, invitation_id: uuid.UUID, now: dt.datetime) -> None:
    """Close an open invitation of the actor's organization.

    Emits `accounts.member.uninvited`; records `accounts.member.uninvite`.

    :raises PermissionDenied: unless the actor carries `members.invite`.
    :raises NotFound: if there is no such open invitation.
    """
    policy.require(actor, "members.invite")
    own = Invitation.objects.filter(
        id=invitation_id,
        organization_id=policy.own_organization(actor),
        accepted_at=None,
        withdrawn_at=None,
    )
    invitation = own.select_for_update(no_key=True).first()
    if invitation is None:
        raise NotFound("There is no such open invitation.")
    invitation.withdrawn_at = now
    invitation.save(update_fields=["withdrawn_at"])
    _tell(actor=actor, invitation=invitation, verb="uninvite", happened="uninvited", now=now)


@needs_transaction
def withdraw_beyond(*, actor: Actor, issuer: User, role: str | None, now: dt.datetime) -> None:
    """Withdraw the open invitations a person issued that somebody with this role could not.

    To be called under the organization's lock; locks the person's open invitations in id order.
    Emits `accounts.member.uninvited` and records `accounts.member.uninvite` with the reason for
    each.

    :param role: the issuer's new role; None when the issuer is removed.
    """
    open_ones = Invitation.objects.filter(invited_by=issuer, accepted_at=None, withdrawn_at=None)
    held = list(open_ones.order_by("id").select_for_update(no_key=True))
    ending = [row for row in held if not policy.role_may_invite(role=role, invited_as=row.role)]
    reason = "issuer_removed" if role is None else "issuer_demoted"
    _withdraw(actor=actor, rows=ending, reason=reason, now=now)


@needs_transaction
def withdraw_officers(*, actor: Actor, organization_id: uuid.UUID, now: dt.datetime) -> None:
    """Withdraw the open invitations of officers, who take a second person from now on.

    To be called under the organization's lock. Records and emits as `withdraw_beyond` does.
    """
    rows = Invitation.objects.filter(organization_id=organization_id, role__in=policy.OFFICER_ROLES)
    open_ones = rows.filter(accepted_at=None, withdrawn_at=None)
    ending = list(open_ones.order_by("id").select_for_update(no_key=True))
    _withdraw(actor=actor, rows=ending, reason="dual_control", now=now)


@needs_transaction
def _withdraw(*, actor: Actor, rows: Sequence[Invitation], reason: str, now: dt.datetime) -> None:
    if not rows:
        return
    Invitation.objects.filter(id__in=[row.id for row in rows]).update(withdrawn_at=now)
    record_many(
        [_act(actor=actor, row=row, verb="uninvite", now=now, reason=reason) for row in rows]
    )
    emit_many([_fact(actor=actor, row=row, happened="uninvited", now=now) for row in rows])


def invitation_of(*, token: str, now: dt.datetime) -> Invitation:
    """The open invitation behind a token, with its organization, for the page that asks to join.

    :raises InvalidInvitation: if it is unknown, used, withdrawn or expired.
    """
    with reading_as(Context(scope=Scope.SIGN_IN)):
        rows = Invitation.objects.select_related("organization")
        hashed = hash_token(token)
        found = rows.filter(Q(token_hash=hashed) | Q(mailed_token_hash=hashed))
        invitation = found.first()
    if invitation is None or not _is_open(invitation, now=now):
        raise InvalidInvitation()
    return invitation


def join(*, actor: Actor, token: str, full_name: str, password: str, now: dt.datetime) -> User:
    """Accept an invitation: the person exists from now on and may sign in.

    The token out of the mail confirms the address at once; with the inviter's, a link that does is
    mailed.

    Somebody who was removed earlier comes back as the same person, wallets and all, so only the
    password of then lets them; it stays theirs. Locks the organization. Emits
    `accounts.member.joined`; records `accounts.member.join` by the new member, or
    `accounts.member.fail_to_join`.

    :raises InvalidInvitation: if the token is unknown, used, withdrawn or expired, or the inviter
        may not invite to this role any more.
    :raises FormerMemberPasswordRequired: if it is not the password a removed person had.
    :raises OrganizationSuspended: if the organization is suspended.
    :raises InvalidProfile: on an unusable name.
    :raises WeakPassword: if the password is refused.
    :raises EmailTaken: if the address signs somebody in elsewhere.
    """
    invitation = invitation_of(token=token, now=now)
    name = cleaned_name(full_name, pointer="/full_name")
    former = former_member(invitation)
    own = (name, invitation.email, invitation.organization.name)
    try:
        return _join(
            actor=actor,
            organization_id=invitation.organization_id,
            invitation_id=invitation.id,
            by_mail=came_by_mail(invitation=invitation, token=token),
            full_name=name,
            password_hash=hash_to_join_with(
                actor=actor, former=former, own=own, password=password, now=now
            ),
            now=now,
        )
    except FormerMemberPasswordRequired:
        record_failure(actor=actor, former=former, invitation=invitation, now=now)
        raise


@opens_transaction(context=view_of_newcomer)
def _join(
    *,
    actor: Actor,
    organization_id: uuid.UUID,
    invitation_id: uuid.UUID,
    by_mail: bool,
    full_name: str,
    password_hash: str,
    now: dt.datetime,
) -> User:
    organization = locked_organization(organization_id)
    if organization.status == OrganizationStatus.SUSPENDED:
        raise OrganizationSuspended()
    locked = organization.invitations.select_for_update(no_key=True)  # against a withdrawal
    invitation = locked.get(id=invitation_id)
    if not (_is_open(invitation, now=now) and _still_stands(invitation)):
        raise InvalidInvitation()
    user = _member(invitation=invitation, full_name=full_name, password_hash=password_hash, now=now)
    note_network(actor=actor, user_id=user.id, now=now)
    invitation.accepted_at = now
    invitation.accepted_by = user
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    if by_mail:
        mark_confirmed(actor=actor, user=user, now=now)
    elif user.email_confirmed_at is None:
        mail_confirmation_link(actor=actor, user=user, now=now)
    newcomer = as_user(actor=actor, user=user)
    _tell(actor=newcomer, invitation=invitation, verb="join", happened="joined", now=now)
    if policy.makes_officer(before=None, role=invitation.role):
        tell_of_officer(actor=newcomer, user=user, now=now)
    return user


@needs_transaction
def _member(
    *, invitation: Invitation, full_name: str, password_hash: str, now: dt.datetime
) -> User:
    organization_id = invitation.organization_id
    people = User.objects.filter(organization_id=organization_id, email=invitation.email)
    user = people.filter(is_active=False).first()
    if user is None:
        return insert_user(
            User(
                email=invitation.email,
                full_name=full_name,
                password=password_hash,
                organization_id=organization_id,
                role=invitation.role,
                created_at=now,
            )
        )
    check_is_proven(former=user, password_hash=password_hash)
    user.full_name, user.role, user.is_active = full_name, invitation.role, True
    user.save(update_fields=["full_name", "role", "is_active"])
    return user


def _is_open(invitation: Invitation, *, now: dt.datetime) -> bool:
    unused = invitation.accepted_at is None and invitation.withdrawn_at is None
    return unused and now < invitation.expires_at


@needs_transaction
def _still_stands(invitation: Invitation) -> bool:
    """Whether the inviter could still issue it: a request in flight may outlive their right."""
    inviter = invitation.invited_by
    if inviter is None:
        return True
    role = inviter.role if inviter.is_active else None
    return policy.role_may_invite(role=role, invited_as=invitation.role)


@needs_transaction
def _tell(
    *, actor: Actor, invitation: Invitation, verb: str, happened: str, now: dt.datetime
) -> None:
    record_many([_act(actor=actor, row=invitation, verb=verb, now=now)])
    emit_many([_fact(actor=actor, row=invitation, happened=happened, now=now)])


def _act(*, actor: Actor, row: Invitation, verb: str, now: dt.datetime, **more: object) -> Act:
    user_id = row.accepted_by_id
    return Act(
        actor=actor,
        action=f"accounts.member.{verb}",
        subject_type="user" if user_id else "invitation",
        subject_id=user_id or row.id,
        organization_id=row.organization_id,
        metadata={"role": row.role, "invitation_id": str(row.id), **more},
        now=now,
    )


def _fact(*, actor: Actor, row: Invitation, happened: str, now: dt.datetime) -> Fact:
    user_id = row.accepted_by_id
    return Fact(
        name=f"accounts.member.{happened}",
        organization_id=row.organization_id,
        subject_id=user_id or row.id,
        payload={"user_id": str(user_id) if user_id else None, "role": row.role},
        actor=actor,
        now=now,
    )
