"""What an event type is, and the JSON Schema fragments its payload's fields are made of."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

TEXT: Mapping[str, object] = {"type": "string"}
OPTIONAL_TEXT: Mapping[str, object] = {"type": ["string", "null"]}
UUID: Mapping[str, object] = {"type": "string", "format": "uuid"}
OPTIONAL_UUID: Mapping[str, object] = {"type": ["string", "null"], "format": "uuid"}
MINOR: Mapping[str, object] = {"type": "integer", "minimum": 0, "maximum": 2**53 - 1}
COUNT: Mapping[str, object] = {"type": "integer", "minimum": 0}
OPTIONAL_MINOR: Mapping[str, object] = {
    "type": ["integer", "null"],
    "minimum": 0,
    "maximum": 2**53 - 1,
}
# A balance, negative where it stands on the other side.
SIGNED_MINOR: Mapping[str, object] = {
    "type": "integer",
    "minimum": -(2**53 - 1),
    "maximum": 2**53 - 1,
}
TEXTS: Mapping[str, object] = {"type": "array", "items": TEXT}


@dataclasses.dataclass(frozen=True, slots=True)
class EventType:
    """A kind of event: its name, what it says, and its payload's fields.

    :param ordered_by: of which thing the events come in the order in which they became true; a path
        into the message, ``[]`` for each element of an array.
    """

    name: str
    meaning: str
    fields: Mapping[str, Mapping[str, object]]
    version: int = 1
    ordered_by: str = "subject_id"

    def schema(self) -> dict[str, object]:
        """The payload's JSON Schema (2020-12): all of these fields, and later perhaps more."""
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": self.name,
            "description": self.meaning,
            "version": self.version,
            "ordered_by": self.ordered_by,
            "type": "object",
            "properties": {name: dict(shape) for name, shape in self.fields.items()},
            "required": sorted(self.fields),
            "additionalProperties": True,
        }
