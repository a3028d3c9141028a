"""What a pass is, and the list of those that the rooms have registered."""

from __future__ import annotations

import dataclasses
from typing import LiteralString

from kernel.errors import InvariantBroken


def of(table: LiteralString) -> LiteralString:
    """The condition that a table's row belongs to the organization asked for, if one was."""
    return f"(%(organization)s::uuid IS NULL OR {table}.organization_id = %(organization)s)"


# Rows that a pass must have seen once these exist: a pass that looks at nothing proves nothing.
WALLETS: LiteralString = (
    f"EXISTS (SELECT FROM ledger_ledgeraccount a WHERE a.kind = 'WALLET' AND {of('a')})"
)
ENTRIES: LiteralString = (
    f"EXISTS (SELECT FROM ledger_ledgeraccount a WHERE a.version > 0 AND {of('a')})"
)


# Workers would each add up everything that the others add up.
ALONE: tuple[LiteralString, ...] = ("SET LOCAL max_parallel_workers_per_gather = 0",)
# Both tables lie on disk in the order of their ids: walking them side by side takes half the time
# of hashing millions of groups.
IN_ORDER: tuple[LiteralString, ...] = (
    "SET LOCAL enable_hashagg = off",
    "SET LOCAL enable_hashjoin = off",
    *ALONE,
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """One question to the books.

    :param name: for `--pass`, reports and metrics; stable.
    :param claim: what is true when there is no finding, in one sentence.
    :param query: one row for each thing looked at, with the columns `organization_id`, `subject`
        (what kind of thing), `subject_id`, `rule` (the broken rule, NULL when all is well) and
        `facts` (jsonb). The parameter `organization` is a UUID, or NULL for all of them.
    :param expected_when: SQL condition under which the query must find rows; the same parameter.
    :param planned_with: settings of PostgreSQL's planner for this query alone, where its estimates
        lead it astray.
    """

    name: str
    claim: str
    query: LiteralString
    expected_when: LiteralString = WALLETS
    planned_with: tuple[LiteralString, ...] = ()


_registered: dict[str, Pass] = {}


def register(*passes: Pass) -> None:
    """Add passes, in the order in which they shall run.

    :raises InvariantBroken: if a name is taken by another pass.
    """
    for one in passes:
        if _registered.setdefault(one.name, one) is not one:
            raise InvariantBroken(f"two passes are called {one.name!r}")


def registered() -> tuple[Pass, ...]:
    """Every pass, in the order of registration."""
    return tuple(_registered.values())
