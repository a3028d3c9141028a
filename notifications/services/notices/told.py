"""What a person is to be told of an event: the draft of a notification."""

from __future__ import annotations

import dataclasses
import uuid

from events.consuming import Event


@dataclasses.dataclass(frozen=True, slots=True)
class Told:
    """One person, one event, and what it is to them.

    :param kind: a name of `notifications.kinds`.
    """

    user_id: uuid.UUID
    event: Event
    kind: str
    subject_id: uuid.UUID | None = None
    amount_minor: int | None = None
    currency: str | None = None
    detail: str = ""


def id_in(event: Event, field: str) -> uuid.UUID | None:
    """The id in a field of the payload; None where there is none."""
    text = event.payload.get(field)
    return uuid.UUID(text) if text else None
