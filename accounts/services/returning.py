"""Coming back after a removal: only the old password proves that it is the same person.

Whoever issued the invitation knows its token, so the token proves nothing about the address.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable

from django.contrib.auth.hashers import make_password

from accounts.errors import FormerMemberPasswordRequired
from accounts.models import Invitation, User
from accounts.rules import check_password_strength
from accounts.services.lookups import view_of_newcomer
from accounts.services.passwords import password_fits
from audit.services import record
from kernel.actor import Actor
from kernel.context import Context, Scope, reading_as
from kernel.transactions import opens_transaction


def former_member(invitation: Invitation) -> User | None:
    """The removed person of the organization who had the invited address, if there is one."""
    with reading_as(Context(scope=Scope.SIGN_IN)):
        people = User.objects.filter(organization_id=invitation.organization_id, is_active=False)
        return people.filter(email=invitation.email).first()


def was_here_before(user: User, *, now: dt.datetime) -> bool:
    """Whether somebody who has just joined came back, rather than being made by it."""
    return user.created_at < now


def hash_to_join_with(
    *, actor: Actor, former: User | None, own: Iterable[str], password: str, now: dt.datetime
) -> str:
    """A new hash of a newcomer's password; a former member's own, once the password fits it.

    Slow on purpose, so to be called before the transaction. Trying a former member's counts like a
    sign-in.

    :param own: what is known of the newcomer; see `accounts.guessable`.
    :raises WeakPassword: if a newcomer's password is refused.
    :raises FormerMemberPasswordRequired: if it is not the one the former member had.
    :raises TooManyAttempts: if the network tried too many.
    """
    if former is None:
        check_password_strength(password, own=own)
        return make_password(password)
    if not password_fits(actor=actor, user=former, email=former.email, password=password, now=now):
        raise _refusal()
    return former.password


def check_is_proven(*, former: User, password_hash: str) -> None:
    """Go on only if the hash is the one the former member has now, under the lock.

    :raises FormerMemberPasswordRequired: if it is not.
    """
    if former.password != password_hash:
        raise _refusal()


def record_failure(
    *, actor: Actor, former: User | None, invitation: Invitation, now: dt.datetime
) -> None:
    """Record `accounts.member.fail_to_join` in a transaction of its own."""
    _record_failure(
        actor=actor,
        organization_id=invitation.organization_id,
        user_id=former.id if former else None,
        invitation_id=invitation.id,
        now=now,
    )


@opens_transaction(context=view_of_newcomer)
def _record_failure(
    *,
    actor: Actor,
    organization_id: uuid.UUID,
    user_id: uuid.UUID | None,
    invitation_id: uuid.UUID,
    now: dt.datetime,
) -> None:
    record(
        actor=actor,
        action="accounts.member.fail_to_join",
        subject_type="user",
        subject_id=user_id,
        organization_id=organization_id,
        metadata={"reason": "wrong_password", "invitation_id": str(invitation_id)},
        now=now,
    )


def _refusal() -> FormerMemberPasswordRequired:
    return FormerMemberPasswordRequired(
        "This address belonged to this organization before. Enter the password it had then, or"
        " ask for an invitation to another address.",
        pointer="/password",
    )
