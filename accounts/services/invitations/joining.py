"""Joining an organization by an invitation."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db.models import Q

from accounts import policy
from accounts.actors import as_user
from accounts.choices import OrganizationStatus
from accounts.errors import (
    FormerMemberPasswordRequired,
    InvalidInvitation,
    OrganizationSuspended,
)
from accounts.models import Invitation, User
from accounts.rules import cleaned_name
from accounts.services.confirming import mail_confirmation_link, mark_confirmed
from accounts.services.invitation_mail import came_by_mail
from accounts.services.invitations.telling import tell
from accounts.services.lookups import (
    insert_user,
    locked_organization,
    note_giver,
    view_of_newcomer,
)
from accounts.services.networks.noting import note_network
from accounts.services.owners import tell_of_officer
from accounts.services.returning import (
    check_is_proven,
    former_member,
    hash_to_join_with,
    record_failure,
)
from kernel.actor import Actor
from kernel.context import Context, Scope, reading_as
from kernel.crypto import hash_token
from kernel.transactions import needs_transaction, opens_transaction


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
    tell(actor=newcomer, invitation=invitation, verb="join", happened="joined", now=now)
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
                role_given_by_id=invitation.invited_by_id,
                role_given_at=now,
                created_at=now,
            )
        )
    check_is_proven(former=user, password_hash=password_hash)
    user.full_name, user.role, user.is_active = full_name, invitation.role, True
    note_giver(user=user, giver_id=invitation.invited_by_id, now=now)
    user.save(update_fields=["full_name", "role", "is_active", "role_given_by", "role_given_at"])
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
