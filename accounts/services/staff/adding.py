"""Adding somebody to the platform's own staff."""

from __future__ import annotations

import datetime as dt

from django.contrib.auth.hashers import make_password

from accounts import policy
from accounts.models import User
from accounts.rules import check_password_strength, cleaned_name, normalized_email
from accounts.services.lookups import giver_of, insert_user
from accounts.services.networks.standing import from_known_network
from accounts.services.staff.roles import ask, check_role
from accounts.services.staff.telling import keep, tell_of_added
from accounts.services.staff.turns import MANAGE, under_dual_control
from kernel.actor import Actor
from kernel.transactions import opens_transaction


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
    `accounts.staff.add`; mails the person and all super admins, also of an account that waits.

    :raises PermissionDenied: unless the actor carries `staff.manage`.
    :raises InvalidProfile: on an unusable name or address, or an unknown role.
    :raises WeakPassword: if the password is refused.
    :raises EmailTaken: if the address signs somebody in already.
    :raises NetworkNotTrusted: if the actor is on a network that is new to them.
    """
    policy.require(actor, MANAGE)
    check_role(platform_role)
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
    waits = under_dual_control(actor)
    user.is_active = not waits
    insert_user(user)
    if waits:
        ask(actor=actor, user=user, role=str(user.platform_role), before=None, now=now)
    keep(actor=actor, user=user, verb="add", happened="added", now=now)
    tell_of_added(actor=actor, user=user, now=now)
    return user
