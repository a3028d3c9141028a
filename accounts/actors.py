"""Turning people and keys into actors, at the doors."""

from __future__ import annotations

import datetime as dt

from accounts.models import ApiKey, SignInSession, User
from accounts.proof import has_begun, is_recent, is_strong
from kernel.actor import Actor, ActorKind, Door


def user_actor(
    *,
    user: User,
    door: Door,
    request_id: str,
    ip: str | None = None,
    session: SignInSession | None = None,
    now: dt.datetime | None = None,
) -> Actor:
    """A person who has proven who they are. Roles come from the row as it is now.

    :param session: the sign-in session they came with, if they came through a door of people.
    :param now: when they came; without it nothing counts as proven lately.
    """
    proven_lately = is_recent(session.second_factor_at if session else None, now=now)
    counts_from = session.second_factor_counts_from if session else None
    return Actor(
        kind=ActorKind.USER,
        door=door,
        request_id=request_id,
        id=user.id,
        organization_id=user.organization_id,
        role=user.role,
        platform_role=user.platform_role,
        email_confirmed=user.email_confirmed_at is not None,
        ip=ip,
        display=user.full_name,
        session_id=session.id if session else None,
        device_id=session.device_id if session else None,
        proven_lately=proven_lately,
        proven_strongly=is_strong(session.second_factor if session else None),
        proven_settled=proven_lately and has_begun(counts_from, now=now),
        proof_counts_from=counts_from,
    )


def api_key_actor(*, key: ApiKey, door: Door, request_id: str, ip: str | None = None) -> Actor:
    """A program that has shown a valid key."""
    return Actor(
        kind=ActorKind.API_KEY,
        door=door,
        request_id=request_id,
        id=key.id,
        organization_id=key.organization_id,
        scopes=frozenset(key.scopes),
        ip=ip,
        display=f"{key.name} ({key.prefix})",
    )


def as_user(*, actor: Actor, user: User) -> Actor:
    """The same request, now that its sender turned out to be this person."""
    return user_actor(user=user, door=actor.door, request_id=actor.request_id, ip=actor.ip)
