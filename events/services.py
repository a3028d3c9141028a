"""Putting facts into the outbox, in the same transaction that makes them true."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections.abc import Mapping, Sequence

from django.db import transaction

from events.catalogue import CATALOGUE
from events.relay.hints import hint
from kernel.actor import Actor
from kernel.errors import InvariantBroken
from kernel.ids import new_id
from kernel.rows import insert_rows
from kernel.transactions import needs_transaction

_COLUMNS = {
    "id": "uuid",
    "name": "text",
    "version": "smallint",
    "organization_id": "uuid",
    "subject_id": "uuid",
    "payload": "jsonb",
    "actor_kind": "text",
    "actor_id": "uuid",
    "request_id": "text",
    "occurred_at": "timestamptz",
}


@dataclasses.dataclass(frozen=True, slots=True)
class Fact:
    """One event to emit; its payload must have exactly the fields the catalogue names."""

    name: str
    organization_id: uuid.UUID | None
    subject_id: uuid.UUID | None
    payload: Mapping[str, object]
    actor: Actor
    now: dt.datetime


@needs_transaction
def emit(
    *,
    name: str,
    organization_id: uuid.UUID | None,
    subject_id: uuid.UUID | None,
    payload: Mapping[str, object],
    actor: Actor,
    now: dt.datetime,
) -> None:
    """Emit one event; see `Fact`."""
    emit_many([Fact(name, organization_id, subject_id, payload, actor, now)])


@needs_transaction
def emit_many(facts: Sequence[Fact]) -> None:
    """Emit any number of events in one statement, and wake the relay after the commit.

    :raises InvariantBroken: for an unknown name or a payload of another shape.
    """
    if not facts:
        return
    insert_rows(table="events_outboxevent", columns=_COLUMNS, rows=[_row(fact) for fact in facts])
    transaction.on_commit(hint)


def _row(fact: Fact) -> tuple[object, ...]:
    kind = CATALOGUE.get(fact.name)
    if kind is None or kind.fields.keys() != fact.payload.keys():
        raise InvariantBroken(f"event {fact.name!r} does not fit the catalogue")
    return (
        new_id(),
        fact.name,
        kind.version,
        fact.organization_id,
        fact.subject_id,
        dict(fact.payload),
        fact.actor.kind.value,
        fact.actor.id,
        fact.actor.request_id,
        fact.now,
    )
