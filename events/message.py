"""What leaves the house: one event as a message, the same on every broker."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import uuid

PLATFORM = "platform"


@dataclasses.dataclass(frozen=True, slots=True)
class OutboxRow:
    """One row of the outbox as the relay reads it.

    :param payload: JSON text as PostgreSQL keeps it; it is passed on and never parsed.
    """

    sequence: int
    id: uuid.UUID
    name: str
    version: int
    organization_id: uuid.UUID | None
    subject_id: uuid.UUID | None
    payload: str
    actor_kind: str
    actor_id: uuid.UUID | None
    request_id: str
    occurred_at: dt.datetime

    @property
    def body(self) -> bytes:
        """The message: a JSON object, described by ``docs/events/message.json``."""
        head = json.dumps(
            {
                "id": str(self.id),
                "name": self.name,
                "version": self.version,
                "organization_id": _text(self.organization_id),
                "subject_id": _text(self.subject_id),
                "occurred_at": self.occurred_at.isoformat(),
                "request_id": self.request_id,
                "actor": {"kind": self.actor_kind, "id": _text(self.actor_id)},
            },
            separators=(",", ":"),
        )
        return f'{head[:-1]},"payload":{self.payload}}}'.encode()

    @property
    def place(self) -> str:
        """Whose event it is: an organization's id without dashes, or the platform's."""
        return self.organization_id.hex if self.organization_id else PLATFORM


def _text(value: uuid.UUID | None) -> str | None:
    return None if value is None else str(value)
