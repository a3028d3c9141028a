"""Who may act on whose books."""

from __future__ import annotations

import uuid

from accounts.policy import require
from kernel.actor import Actor
from kernel.errors import NotFound


def require_at_home(actor: Actor, permission: str, *, organization_id: uuid.UUID) -> None:
    """Go on only if the actor carries the permission and these are its organization's books.

    :raises PermissionDenied: if it lacks the permission.
    :raises NotFound: if the organization is another one, whether it exists or not.
    """
    require(actor, permission)
    if not actor.is_platform and actor.organization_id != organization_id:
        raise NotFound("There is no such organization.", pointer="/organization")
