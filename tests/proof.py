"""People of tests who act without a session, as if they had one with a factor just proven."""

from __future__ import annotations

import dataclasses

from accounts.actors import user_actor
from accounts.models import User
from kernel.actor import Actor, Door


def proven(actor: Actor) -> Actor:
    """The same person, who proved a strong factor a moment ago."""
    return dataclasses.replace(actor, proven_lately=True, proven_strongly=True)


def proven_actor(
    *, user: User, door: Door = Door.API, request_id: str = "test", ip: str | None = None
) -> Actor:
    """The person as an actor who proved a strong factor a moment ago."""
    return proven(user_actor(user=user, door=door, request_id=request_id, ip=ip))
