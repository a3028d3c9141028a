"""What leaves the house: one event as a message, the same on every broker."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import uuid
from collections.abc import Mapping

from events.catalogue.shapes import OPTIONAL_UUID, TEXT, UUID
from kernel.actor import ActorKind

PLATFORM = "platform"

_NAME: Mapping[str, object] = {"type": "string", "pattern": r"^[a-z_]+\.[a-z_]+\.[a-z_]+$"}
# Fields may be added; consumers let pass what they do not know.
MESSAGE_SCHEMA: Mapping[str, object] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "message",
    "description": "One event, as it stands in the stream. `payload` has a schema of its own, in"
    " the file <name>.v<version>.json.",
    "type": "object",
    "properties": {
        "id": {**UUID, "description": "Of the event; the same whenever it is delivered again."},
        "name": _NAME,
        "version": {"type": "integer", "minimum": 1},
        "organization_id": {
            **OPTIONAL_UUID,
            "description": "Whose event it is; null: the platform's.",
        },
        "subject_id": OPTIONAL_UUID,
        "occurred_at": {"type": "string", "format": "date-time"},
        "request_id": {**TEXT, "description": "Of the request that caused it; may be empty."},
        "actor": {
            "type": "object",
            "properties": {
                "kind": {"enum": [str(kind) for kind in ActorKind]},
                "id": OPTIONAL_UUID,
            },
            "required": ["kind", "id"],
        },
        "payload": {"type": "object"},
    },
    "required": [
        "id",
        "name",
        "version",
        "organization_id",
        "subject_id",
        "occurred_at",
        "request_id",
        "actor",
        "payload",
    ],
}


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
