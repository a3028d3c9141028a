"""Whose PIN it is."""

from __future__ import annotations

import uuid

from kernel.actor import Actor, ActorKind
from kernel.errors import PermissionDenied


def person_of(actor: Actor) -> uuid.UUID:
    """The id of the person who acts.

    :raises PermissionDenied: if the actor is no person.
    """
    if actor.kind is not ActorKind.USER or actor.id is None:
        raise PermissionDenied("Only a person has a PIN.")
    return actor.id
