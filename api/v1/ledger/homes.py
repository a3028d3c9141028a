"""Whose books: one's own, or for platform staff the ones they name."""

from __future__ import annotations

import uuid
from typing import Any

from api import fields
from api.endpoint import path_id
from api.errors import FieldError, UnacceptableValue
from kernel.actor import Actor


def organization(**kwargs: Any) -> fields.PatternField:
    """The member or parameter that names an organization."""
    return fields.PatternField(
        fields.id_pattern("org"),
        message="Expected an organization's id.",
        required=False,
        **kwargs,
    )


def home_of(actor: Actor, given: dict[str, Any]) -> uuid.UUID:
    """The organization that is meant.

    :raises UnacceptableValue: if the actor has none of its own and names none.
    """
    named = given.get("organization")
    home = path_id("org", named) if named else actor.organization_id
    if home is None:
        missing = FieldError(detail="Say whose books.", code="required", pointer="/organization")
        raise UnacceptableValue(errors=[missing])
    return home
