"""Inviting people into an organization, and taking invitations back."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import NamedTuple

from accounts import policy
from accounts.choices import MailKind, Role
from accounts.errors import (
    AlreadyMember,
    InvalidProfile,
    OfficersByRoleOnly,
)
from accounts.models import Invitation, User
from accounts.rules import normalized_email
from accounts.services.invitation_mail import mail_invitation
from accounts.services.invitations.telling import act_of, fact_of, tell
from accounts.services.lookups import locked_organization
from accounts.services.networks.standing import from_known_network
from accounts.services.owners import tell_owners
from accounts.services.pending_acts.needing import Subject, under_dual_control
from audit.services import record_many
from events.services import emit_many
from kernel.actor import Actor
from kernel.crypto import hash_token, new_token
from kernel.errors import NotFound, PermissionDenied
from kernel.transactions import needs_transaction, opens_transaction

INVITE = "members.invite"
LIFETIME = dt.timedelta(days=7)


class IssuedInvitation(NamedTuple):
    """A new invitation, and the token that its inviter sees this once; none for an officer's."""

    invitation: Invitation
    token: str


@from_known_network(INVITE)
def invite(*, actor: Actor, email: str, role: str, now: dt.datetime) -> IssuedInvitation:
    """Invite somebody into the actor's organization; an earlier open invitation is withdrawn.

    The link goes to the address by mail. The token that is returned makes another link, which the
    inviter may pass on; it does not show that whoever joins with it has the mailbox. For officers
    there is none: whoever gets hold of an owner's session could make themselves a second owner. The
    owners are told of these by mail.

    Locks the organization. Emits `accounts.member.invited`, records `accounts.member.invite`; and
    `.uninvited` and `.uninvite` of the one that is withdrawn.

    :raises PermissionDenied: unless the actor carries `members.invite`, and for owners is one.
    :raises InvalidProfile: on a malformed address or an unknown role.
    :raises AlreadyMember: if the person is in the organization already.
    :raises OfficersByRoleOnly: for an officer, where making one takes a second person.
    :raises SettledFactorRequired: unless the inviter lately proved an app or passkey that counts.
    :raises NetworkNotTrusted: if the inviter is on a network that is new to them.
    """
    policy.require(actor, INVITE)
    _check_role(actor=actor, role=role)
    return _invite(actor=actor, email=email, role=role, now=now)


@opens_transaction
def _invite(*, actor: Actor, email: str, role: str, now: dt.datetime) -> IssuedInvitation:
    organization = locked_organization(policy.own_organization(actor))
    officer = policy.makes_officer(before=None, role=role)
    if officer and under_dual_control(
        actor=actor, subject=Subject.ROLES, organization_id=organization.id
    ):
        raise OfficersByRoleOnly(pointer="/role")
    address = normalized_email(email)
    if organization.people.filter(email=address, is_active=True).exists():
        raise AlreadyMember(pointer="/email")
    _replace(actor=actor, organization_id=organization.id, address=address, now=now)
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
    tell(actor=actor, invitation=invitation, verb="invite", happened="invited", now=now)
    if officer:
        _tell_owners(actor=actor, invitation=invitation, now=now)
    return IssuedInvitation(invitation, "" if officer else token)


@needs_transaction
def _replace(*, actor: Actor, organization_id: uuid.UUID, address: str, now: dt.datetime) -> None:
    """Withdraw what is open for the address: it has one link at a time."""
    rows = Invitation.objects.filter(organization_id=organization_id, email=address)
    open_ones = rows.filter(accepted_at=None, withdrawn_at=None)
    held = list(open_ones.order_by("id").select_for_update(no_key=True))
    _withdraw(actor=actor, rows=held, reason="invited_again", now=now)


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
    policy.require(actor, INVITE, stopping=True)
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
    tell(actor=actor, invitation=invitation, verb="uninvite", happened="uninvited", now=now)


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
        [act_of(actor=actor, row=row, verb="uninvite", now=now, reason=reason) for row in rows]
    )
    emit_many([fact_of(actor=actor, row=row, happened="uninvited", now=now) for row in rows])
