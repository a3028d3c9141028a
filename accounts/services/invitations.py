"""Inviting people into an organization, and joining."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import NamedTuple

from django.contrib.auth.hashers import make_password

from accounts import policy
from accounts.actors import as_user
from accounts.choices import OrganizationStatus, Role
from accounts.errors import AlreadyMember, InvalidInvitation, InvalidProfile, OrganizationSuspended
from accounts.models import Invitation, User
from accounts.rules import check_password_strength, cleaned_name, normalized_email
from accounts.services.lookups import insert_user, locked_organization, view_of_newcomer
from audit.services import record
from events.services import emit
from kernel.actor import Actor
from kernel.context import Context, Scope, reading_as
from kernel.crypto import hash_token, new_token
from kernel.errors import NotFound, PermissionDenied
from kernel.transactions import needs_transaction, opens_transaction

LIFETIME = dt.timedelta(days=7)


class IssuedInvitation(NamedTuple):
    """A new invitation, and the token that its inviter sees this once."""

    invitation: Invitation
    token: str


@opens_transaction
def invite(*, actor: Actor, email: str, role: str, now: dt.datetime) -> IssuedInvitation:
    """Invite somebody into the actor's organization; an earlier open invitation is withdrawn.

    Locks the organization. Emits `accounts.member.invited`; records `accounts.member.invite`.

    :raises PermissionDenied: unless the actor carries `members.invite`, and for owners is one.
    :raises InvalidProfile: on a malformed address or an unknown role.
    :raises AlreadyMember: if the person is in the organization already.
    """
    policy.require(actor, "members.invite")
    _check_role(actor=actor, role=role)
    organization = locked_organization(policy.own_organization(actor))
    address = normalized_email(email)
    if organization.people.filter(email=address, is_active=True).exists():
        raise AlreadyMember(pointer="/email")
    open_ones = organization.invitations.filter(accepted_at=None, withdrawn_at=None)
    open_ones.filter(email=address).update(withdrawn_at=now)
    token = new_token()
    invitation = Invitation.objects.create(
        organization=organization,
        email=address,
        role=role,
        token_hash=hash_token(token),
        invited_by_id=actor.id,
        created_at=now,
        expires_at=now + LIFETIME,
    )
    _tell(actor=actor, invitation=invitation, verb="invite", happened="invited", now=now)
    return IssuedInvitation(invitation, token)


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


def invitation_of(*, token: str, now: dt.datetime) -> Invitation:
    """The open invitation behind a token, with its organization, for the page that asks to join.

    :raises InvalidInvitation: if it is unknown, used, withdrawn or expired.
    """
    with reading_as(Context(scope=Scope.SIGN_IN)):
        rows = Invitation.objects.select_related("organization")
        invitation = rows.filter(token_hash=hash_token(token)).first()
    if invitation is None or not _is_open(invitation, now=now):
        raise InvalidInvitation()
    return invitation


def join(*, actor: Actor, token: str, full_name: str, password: str, now: dt.datetime) -> User:
    """Accept an invitation: the person exists from now on and may sign in.

    Somebody who was removed earlier comes back as the same person. Locks the organization. Emits
    `accounts.member.joined`; records `accounts.member.join` by the new member.

    :raises InvalidInvitation: if the token is unknown, used, withdrawn or expired.
    :raises OrganizationSuspended: if the organization is suspended.
    :raises InvalidProfile: on an unusable name.
    :raises WeakPassword: if the password is refused.
    :raises EmailTaken: if the address signs somebody in elsewhere.
    """
    invitation = invitation_of(token=token, now=now)
    name = cleaned_name(full_name, pointer="/full_name")
    check_password_strength(password)
    return _join(
        actor=actor,
        organization_id=invitation.organization_id,
        invitation_id=invitation.id,
        full_name=name,
        password_hash=make_password(password),  # slow on purpose, so before the transaction
        now=now,
    )


@opens_transaction(context=view_of_newcomer)
def _join(
    *,
    actor: Actor,
    organization_id: uuid.UUID,
    invitation_id: uuid.UUID,
    full_name: str,
    password_hash: str,
    now: dt.datetime,
) -> User:
    organization = locked_organization(organization_id)
    if organization.status == OrganizationStatus.SUSPENDED:
        raise OrganizationSuspended()
    invitation = organization.invitations.get(id=invitation_id)
    if not _is_open(invitation, now=now):
        raise InvalidInvitation()
    user = _member(invitation=invitation, full_name=full_name, password_hash=password_hash, now=now)
    invitation.accepted_at = now
    invitation.accepted_by = user
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    newcomer = as_user(actor=actor, user=user)
    _tell(actor=newcomer, invitation=invitation, verb="join", happened="joined", now=now)
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
    user.full_name, user.password = full_name, password_hash
    user.role, user.is_active = invitation.role, True
    user.save(update_fields=["full_name", "password", "role", "is_active"])
    return user


def _is_open(invitation: Invitation, *, now: dt.datetime) -> bool:
    unused = invitation.accepted_at is None and invitation.withdrawn_at is None
    return unused and now < invitation.expires_at


@needs_transaction
def _tell(
    *, actor: Actor, invitation: Invitation, verb: str, happened: str, now: dt.datetime
) -> None:
    user_id = invitation.accepted_by_id
    subject_id = user_id or invitation.id
    record(
        actor=actor,
        action=f"accounts.member.{verb}",
        subject_type="user" if user_id else "invitation",
        subject_id=subject_id,
        organization_id=invitation.organization_id,
        metadata={"role": invitation.role, "invitation_id": str(invitation.id)},
        now=now,
    )
    emit(
        name=f"accounts.member.{happened}",
        organization_id=invitation.organization_id,
        subject_id=subject_id,
        payload={"user_id": str(user_id) if user_id else None, "role": invitation.role},
        actor=actor,
        now=now,
    )
