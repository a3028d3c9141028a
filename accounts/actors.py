"""Turning people and keys into actors, at the doors."""

from __future__ import annotations

from accounts.models import ApiKey, User
from kernel.actor import Actor, ActorKind, Door


def user_actor(*, user: User, door: Door, request_id: str, ip: str | None = None) -> Actor:
    """A person who has proven who they are. Roles come from the row as it is now."""
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
