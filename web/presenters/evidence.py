"""Audit records, events and the course of one transfer."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import uuid
from collections.abc import Iterable, Mapping

from accounts.queries import names_of
from audit.models import AuditRecord
from events.models import OutboxEvent
from kernel.ids import encode
from wallets.choices import TransferState
from wallets.models import Transfer
from web.refusals import sentence_of


@dataclasses.dataclass(frozen=True, slots=True)
class AuditRow:
    """One audit record; `body` is JSON."""

    id: str
    action: str
    actor: str
    at: dt.datetime
    body: str


@dataclasses.dataclass(frozen=True, slots=True)
class EventRow:
    """One outbox event; `body` is JSON."""

    id: str
    name: str
    at: dt.datetime
    body: str


@dataclasses.dataclass(frozen=True, slots=True)
class Moment:
    """One step of a timeline."""

    title: str
    at: dt.datetime
    tone: str


def audit_rows(records: Iterable[AuditRecord]) -> list[AuditRow]:
    """Records with everything they say; people by the names they have today."""
    kept = list(records)
    names = names_of({one.actor_id for one in kept if one.actor_id})
    return [_audit_row(one, names) for one in kept]


def _audit_row(record: AuditRecord, names: Mapping[uuid.UUID, str]) -> AuditRow:
    name = names.get(record.actor_id) if record.actor_id else None
    body = {
        "audit_id": encode("aud", record.id),
        "request_id": record.request_id,
        "door": record.door,
        "actor_kind": record.actor_kind,
        "ip": record.ip,
        "scope": record.scope or None,
        "metadata": record.metadata,
    }
    return AuditRow(
        encode("aud", record.id),
        record.action,
        record.actor_display or name or record.actor_kind,
        record.at,
        _json(body),
    )


def event_row(event: OutboxEvent) -> EventRow:
    """An event with its payload."""
    body = {
        "event_id": encode("evt", event.id),
        "name": event.name,
        "version": event.version,
        "request_id": event.request_id,
        "payload": event.payload,
    }
    return EventRow(encode("evt", event.id), event.name, event.occurred_at, _json(body))


def timeline(transfer: Transfer, *, asked: bool) -> list[Moment]:
    """From the request to its end; who asked is for their own side to know."""
    by = f" by {transfer.actor_display}" if asked else ""
    moments = [Moment(f"Requested{by}", transfer.created_at, "")]
    if transfer.completed_at is not None:
        moments.append(Moment("Recorded in the books", transfer.completed_at, "solid"))
    elif transfer.state in (TransferState.FAILED, TransferState.CANCELLED):
        words = sentence_of(code=transfer.reason_code).words
        moments.append(Moment(f"Refused: {words}", transfer.created_at, "bad"))
    return moments


def _json(body: dict[str, object]) -> str:
    return json.dumps(body, indent=2, default=str, ensure_ascii=False)
