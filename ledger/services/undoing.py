"""What of an entry can still be undone, read under the locks of its account."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections.abc import Collection, Mapping

from django.db import connection

_UNDONE = (
    "SELECT o.id, o.amount_minor - coalesce("
    "(SELECT sum(r.amount_minor) FROM ledger_entry r WHERE r.reverses_id = o.id), 0)::bigint"
    " FROM ledger_entry o WHERE o.id = ANY (%s::bigint[]) AND o.reverses_id IS NULL"
)


_ENTRIES = (
    "SELECT transaction_id, organization_id, id, account_id, side, amount_minor, effective_at"
    " FROM ledger_entry WHERE transaction_id = ANY (%s::uuid[]) ORDER BY transaction_id, seq"
)


@dataclasses.dataclass(frozen=True, slots=True)
class OriginalEntry:
    """One entry that may be undone."""

    id: int
    account_id: uuid.UUID
    side: str
    amount_minor: int


@dataclasses.dataclass(frozen=True, slots=True)
class Original:
    """A transaction that may be undone, with its entries in order."""

    transaction_id: uuid.UUID
    organization_id: uuid.UUID
    effective_at: dt.datetime
    entries: tuple[OriginalEntry, ...]


def originals(transaction_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Original]:
    """Transactions with their entries, by id; those that cannot be seen are missing."""
    if not transaction_ids:
        return {}
    found: dict[uuid.UUID, Original] = {}
    with connection.cursor() as cursor:
        cursor.execute(_ENTRIES, [sorted(transaction_ids)])
        for transaction_id, organization_id, *entry, effective_at in cursor.fetchall():
            known = found.setdefault(
                transaction_id, Original(transaction_id, organization_id, effective_at, ())
            )
            found[transaction_id] = dataclasses.replace(
                known, entries=(*known.entries, OriginalEntry(*entry))
            )
    return found


@dataclasses.dataclass(slots=True)
class Undoable:
    """How many minor units of each entry are not yet reversed; entries of reversals are missing."""

    left_minor: dict[int, int]

    def allows(self, wanted: Mapping[int, int]) -> bool:
        """Whether each entry has this much left."""
        return all(self.left_minor.get(entry, 0) >= amount for entry, amount in wanted.items())

    def take(self, wanted: Mapping[int, int]) -> None:
        """Count a reversal that stands."""
        for entry, amount_minor in wanted.items():
            self.left_minor[entry] -= amount_minor


def undoable(entry_ids: Collection[int]) -> Undoable:
    """What is left of these entries; no statement for none."""
    if not entry_ids:
        return Undoable({})
    with connection.cursor() as cursor:
        cursor.execute(_UNDONE, [sorted(entry_ids)])
        return Undoable(dict(cursor.fetchall()))
