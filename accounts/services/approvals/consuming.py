"""Spending approvals, in the transaction that posts what they approve.

One statement for any number of them, and none where none is presented. Approvals are locked before
accounts and in the order of their ids, so no two batches wait for each other.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence

from django.db import connection

from accounts.choices import ApprovalKind
from accounts.errors import (
    ApprovalExpired,
    ApprovalMismatch,
    ApprovalOfOtherSession,
    ApprovalRefused,
    ApprovalUnknown,
    ApprovalUsed,
)
from accounts.models import Approval
from accounts.services.approvals.binding import Binding
from audit.services import Act, record_many
from kernel.actor import Actor
from kernel.rows import array_literal
from kernel.transactions import needs_transaction

_ASKED = (
    "unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::bytea[], %s::bytea[], %s::timestamptz[])"
    " AS asked (id, user_id, session_id, facts_hash, reference, now)"
)
# Everything is asked again at the very row and under its lock: whose, for what, until when, spent
# or not, and whether the session it was given in still lives.
_GOOD = f"""
    SELECT p.id, p.method, asked.reference, asked.now
    FROM accounts_approval p
    JOIN {_ASKED} ON asked.id = p.id AND asked.user_id = p.user_id
        AND asked.session_id = p.session_id AND asked.facts_hash = p.facts_hash
    JOIN accounts_signinsession s ON s.id = p.session_id AND s.user_id = p.user_id
        AND s.revoked_at IS NULL AND s.expires_at > asked.now
    WHERE p.consumed_at IS NULL AND p.expires_at > asked.now
"""  # noqa: S608 - of constants
_SPEND = f"""
WITH good AS ({_GOOD} ORDER BY p.id FOR NO KEY UPDATE OF p)
UPDATE accounts_approval p SET consumed_at = good.now, consumed_by = good.reference
FROM good WHERE p.id = good.id AND p.consumed_at IS NULL
RETURNING p.id, p.method, p.consumed_by
"""  # noqa: S608 - of constants


@dataclasses.dataclass(frozen=True, slots=True)
class Presented:
    """An approval that was shown for a movement.

    :param reference: 32 bytes, the movement's; of a batch, its first item's.
    :param now: from the door.
    """

    approval_id: uuid.UUID
    actor: Actor
    binding: Binding
    reference: bytes
    now: dt.datetime


@dataclasses.dataclass(frozen=True, slots=True)
class Spent:
    """What stands on the movement from then on."""

    approval_id: uuid.UUID
    method: str


@needs_transaction
def consume(
    presented: Sequence[Presented], *, spend: bool = True
) -> Mapping[bytes, Spent | ApprovalRefused]:
    """Spend each approval on its movement; by the movement's reference.

    Once only: of several movements that present one approval, here or elsewhere at the same time,
    one gets it. Locks the approvals. What is refused is recorded as `accounts.approval.refuse`.

    :param spend: False only asks whether it could be spent, and writes nothing.
    """
    if not presented:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_SPEND if spend else _GOOD, _arrays(presented))
        good: dict[uuid.UUID, tuple[bytes, Spent]] = {}
        for approval_id, method, reference, *_ in cursor.fetchall():
            good.setdefault(approval_id, (bytes(reference), Spent(approval_id, method)))
    told: dict[bytes, Spent | ApprovalRefused] = dict(good.values())
    bad = [one for one in presented if one.reference not in told]
    return told | _refused(bad, gone=good.keys(), record=spend)


def _arrays(presented: Sequence[Presented]) -> list[str]:
    nobody = uuid.UUID(int=0)
    columns: list[tuple[str, list[object]]] = [
        ("uuid", [one.approval_id for one in presented]),
        ("uuid", [one.actor.id or nobody for one in presented]),
        ("uuid", [one.actor.session_id or nobody for one in presented]),
        ("bytea", [one.binding.facts_hash for one in presented]),
        ("bytea", [one.reference for one in presented]),
        ("timestamptz", [one.now for one in presented]),
    ]
    return [array_literal(kind=kind, values=values) for kind, values in columns]


def _refused(
    bad: Sequence[Presented], *, gone: Collection[uuid.UUID], record: bool
) -> dict[bytes, ApprovalRefused]:
    """Why not, for each: asked for only where something is refused."""
    if not bad:
        return {}
    rows = Approval.objects.filter(id__in={one.approval_id for one in bad}).order_by()
    known = {row.id: row for row in rows}
    errors = {
        one.reference: _reason(one, known.get(one.approval_id), gone=one.approval_id in gone)
        for one in bad
    }
    if record:
        record_many([_act(one, errors[one.reference]) for one in bad])
    return errors


def _reason(one: Presented, row: Approval | None, *, gone: bool) -> ApprovalRefused:
    if row is None or row.user_id != one.actor.id:
        return ApprovalUnknown(pointer="/approval")
    if row.session_id != one.actor.session_id:
        return ApprovalOfOtherSession(pointer="/approval")
    if gone or row.consumed_at is not None:
        return ApprovalUsed(pointer="/approval")
    if row.expires_at <= one.now:
        return ApprovalExpired(pointer="/approval")
    if bytes(row.facts_hash) != one.binding.facts_hash:
        return ApprovalMismatch(facts={"fields": differing(row, one.binding)}, pointer="/approval")
    # Nothing else is wrong with it: its session has ended.
    return ApprovalOfOtherSession(pointer="/approval")


# What an approval keeps in its hash alone: nothing else of the kind can differ then.
_KEPT_AS_HASH = {
    ApprovalKind.HOLD: "expires_at",
    ApprovalKind.CAPTURE: "final",
    ApprovalKind.BATCH: "items",
    ApprovalKind.TRANSFER: "items",
    ApprovalKind.PAYOUT: "beneficiary",
    ApprovalKind.REVERSAL: "items",
}


def differing(row: Approval, binding: Binding) -> list[str]:
    """The names of what was approved and is another now."""
    names = (
        "kind",
        "source_wallet_id",
        "destination_wallet_id",
        "amount_minor",
        "fee_minor",
        "currency",
        "quote_id",
        "subject_id",
        "item_count",
    )
    found = [name for name in names if getattr(row, name) != getattr(binding, name)]
    return [name.removesuffix("_id") for name in found] or [_KEPT_AS_HASH[binding.kind]]


def _act(one: Presented, error: ApprovalRefused) -> Act:
    return Act(
        actor=one.actor,
        action="accounts.approval.refuse",
        subject_type="approval",
        subject_id=one.approval_id,
        organization_id=one.actor.organization_id,
        metadata={"reason": error.code, **error.facts},
        now=one.now,
    )
