"""Writing evidence, always inside the transaction of the act itself."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections.abc import Mapping, Sequence

from kernel.actor import Actor, ActorKind
from kernel.context import Scope, context_of
from kernel.ids import new_id
from kernel.rows import insert_rows
from kernel.transactions import needs_transaction

_COLUMNS = {
    "id": "uuid",
    "at": "timestamptz",
    "organization_id": "uuid",
    "actor_kind": "text",
    "actor_id": "uuid",
    "actor_display": "text",
    "action": "text",
    "subject_type": "text",
    "subject_id": "uuid",
    "door": "text",
    "scope": "text",
    "request_id": "text",
    "ip": "inet",
    "metadata": "jsonb",
}


@dataclasses.dataclass(frozen=True, slots=True)
class Act:
    """One act to record.

    :param organization_id: whose books of evidence it belongs to; None for the platform's own.
    :param metadata: plain JSON data; never secrets, never personal data in clear.
    """

    actor: Actor
    action: str
    subject_type: str
    subject_id: uuid.UUID | None
    now: dt.datetime
    organization_id: uuid.UUID | None = None
    metadata: Mapping[str, object] = dataclasses.field(default_factory=dict)


@needs_transaction
def record(
    *,
    actor: Actor,
    action: str,
    subject_type: str,
    subject_id: uuid.UUID | None,
    now: dt.datetime,
    organization_id: uuid.UUID | None = None,
    metadata: Mapping[str, object] | None = None,
) -> None:
    """Record one act; see `Act` for the parameters."""
    act = Act(actor, action, subject_type, subject_id, now, organization_id, metadata or {})
    record_many([act])


@needs_transaction
def record_many(acts: Sequence[Act]) -> None:
    """Record any number of acts in one statement."""
    insert_rows(table="audit_auditrecord", columns=_COLUMNS, rows=[_row(act) for act in acts])


def _row(act: Act) -> tuple[object, ...]:
    actor = act.actor
    scope: Scope | None = context_of(actor).scope
    return (
        new_id(),
        act.now,
        act.organization_id,
        actor.kind.value,
        actor.id,
        "" if actor.kind is ActorKind.USER else actor.display,  # people are named by id alone
        act.action,
        act.subject_type,
        act.subject_id,
        actor.door.value,
        scope.value if scope else "",
        actor.request_id,
        actor.ip,
        dict(act.metadata),
    )
