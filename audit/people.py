"""Who the people of audit records are today. A record keeps ids alone and outlives every name.

This room knows no people. The one that does says in its `ready()` how to look names up.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Mapping

LookUp = Callable[[Collection[uuid.UUID]], Mapping[uuid.UUID, str]]

_look_ups: list[LookUp] = []


def name_people_by(look_up: LookUp) -> None:
    """Let names be asked of this function: those of people in view who are not erased."""
    _look_ups.append(look_up)


def names_of(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    """The names of those among the ids who are people in view and not erased."""
    return {key: name for look_up in _look_ups for key, name in look_up(ids).items()}
