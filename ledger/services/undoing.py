"""What of an entry can still be undone, read under the locks of its account."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping

from django.db import connection

_UNDONE = (
    "SELECT o.id, o.amount_minor - coalesce("
    "(SELECT sum(r.amount_minor) FROM ledger_entry r WHERE r.reverses_id = o.id), 0)::bigint"
    " FROM ledger_entry o WHERE o.id = ANY (%s::bigint[]) AND o.reverses_id IS NULL"
)


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
