"""Who takes events in. Publish down, subscribe up: rooms register theirs in `apps.ready()`."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from events.catalogue import CATALOGUE
from kernel.errors import InvariantBroken


@dataclasses.dataclass(frozen=True, slots=True)
class Event:
    """One event as it came off the broker.

    :param body: the message itself, for whoever passes it on word for word.
    """

    id: uuid.UUID
    name: str
    version: int
    organization_id: uuid.UUID | None
    subject_id: uuid.UUID | None
    occurred_at: dt.datetime
    request_id: str
    payload: Mapping[str, Any]
    body: str = dataclasses.field(repr=False)

    @classmethod
    def of(cls, body: bytes) -> Event:
        """Read a message.

        :raises ValueError: (or KeyError, TypeError) if it is none of ours.
        """
        told = json.loads(body)
        return cls(
            id=uuid.UUID(told["id"]),
            name=told["name"],
            version=told["version"],
            organization_id=_id(told["organization_id"]),
            subject_id=_id(told["subject_id"]),
            occurred_at=dt.datetime.fromisoformat(told["occurred_at"]),
            request_id=told["request_id"],
            payload=told["payload"],
            body=body.decode(),
        )


# A step: it runs in the transaction that notes the event as taken, under the platform's view.
Handle = Callable[[Event, dt.datetime], None]
HandleMany = Callable[[Sequence[Event], dt.datetime], None]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Consumer:
    """One taker of events, with a place of its own in the stream.

    Events of one key come in order, except after a failure: what failed comes again later, and its
    neighbors do not wait. Where order matters the handler looks at the versions in the payload.

    :param name: of the place in the stream and in the inbox; stable.
    :param names: of the events it takes.
    :param handle: called once for each, with the time at which it is taken.
    :param handle_many: in its stead, for all of a batch that are new; of one event, too.
    :param tables: of the projection it keeps, which nobody else writes. What it makes of events
        must not depend on anything but these tables and the events, nor on the order in which
        batches come: `events.rebuilding` makes the same of the same events.
    """

    name: str
    names: frozenset[str]
    handle: Handle | None = None
    handle_many: HandleMany | None = None
    tables: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if (self.handle is None) == (self.handle_many is None):
            raise InvariantBroken(f"consumer {self.name!r} takes events one by one or together")

    def take(self, events: Sequence[Event], now: dt.datetime) -> None:
        """Do what the events mean. A step."""
        if self.handle_many is not None:
            self.handle_many(events, now)
        elif self.handle is not None:
            for event in events:
                self.handle(event, now)


_registered: dict[str, Consumer] = {}


def register(consumer: Consumer) -> None:
    """Add a consumer.

    :raises InvariantBroken: if another has its name, or an event's name is not in the catalogue.
    """
    unknown = consumer.names - CATALOGUE.keys()
    if unknown or _registered.setdefault(consumer.name, consumer) is not consumer:
        raise InvariantBroken(f"consumer {consumer.name!r} does not fit: {sorted(unknown)}")


def consumer_of(name: str) -> Consumer | None:
    """The consumer of this name, if one is registered."""
    return _registered.get(name)


def registered() -> tuple[Consumer, ...]:
    """Every consumer, by name."""
    return tuple(_registered[name] for name in sorted(_registered))


def _id(text: str | None) -> uuid.UUID | None:
    return None if text is None else uuid.UUID(text)
