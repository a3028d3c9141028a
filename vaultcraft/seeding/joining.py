"""How somebody who is made up comes into an organization, whatever role they shall have."""

from __future__ import annotations

import datetime as dt

from accounts.models import User
from accounts.policy import makes_officer
from accounts.services.invitations import invite, join
from accounts.services.people import change_role
from kernel.actor import Actor


def brought_in(
    *,
    owner: Actor,
    stranger: Actor,
    email: str,
    full_name: str,
    role: str,
    password: str,
    now: dt.datetime,
    joined_at: dt.datetime | None = None,
) -> User:
    """Invite somebody, join as them, and give officers their role then.

    The link of an officer's invitation goes by mail alone, and who is made up reads none.
    """
    officer = makes_officer(before=None, role=role)
    issued = invite(actor=owner, email=email, role="member" if officer else role, now=now)
    later = joined_at or now
    user = join(
        actor=stranger, token=issued.token, full_name=full_name, password=password, now=later
    )
    if not officer:
        return user
    given = change_role(actor=owner, user_id=user.id, role=role, now=later)
    return given if isinstance(given, User) else user
