"""Writer processes that call the product in batches and one by one."""

from __future__ import annotations

import functools

from bench.cluster import Cluster
from bench.measuring import Measurement, Reading, Run
from bench.surroundings import SINGLES, Surroundings
from bench.writers import Tally

BATCH = 100
_WRITTEN = (
    "wallets_transfer",
    "ledger_transaction",
    "ledger_entry",
    "ledger_ledgeraccount",
    "audit_auditrecord",
    "events_outboxevent",
)


def read_tallies(around: Surroundings, name: str, tallies: list[Tally]) -> Reading:
    """Committed items a second over all writers."""
    if around.plan.profile:
        around.say(tallies[0].profile)
    return Reading(
        values={name: sum(tally.committed / tally.seconds for tally in tallies)},
        not_committed=sum(tally.refused for tally in tallies),
    )


def _prepared(
    around: Surroundings,
    *,
    name: str,
    load: str,
    writers: int,
    batch: int,
    database: str | None = None,
) -> Run:
    def run() -> Reading:
        tallies = around.writers.run(
            load,
            writers=writers or around.plan.writers,
            batch=batch,
            seconds=around.plan.seconds,
            profile=around.plan.profile,
            database=database,
        )
        return read_tallies(around, name, tallies)

    return run


def _sized(around: Surroundings) -> Run:
    """The whole transfer, and by how much it makes the tables and their indexes grow."""
    whole = _prepared(around, name="whole_many", load="whole_transfer", writers=0, batch=BATCH)
    seconds = around.plan.seconds

    def run() -> Reading:
        before = _bytes(around.cluster)
        reading = whole()
        committed = reading.values["whole_many"] * seconds
        grown = (_bytes(around.cluster) - before) / max(1.0, committed)
        return Reading(
            values={**reading.values, "bytes": grown}, not_committed=reading.not_committed
        )

    return run


def _bytes(cluster: Cluster) -> int:
    with cluster.superuser() as connection:
        row = connection.execute(
            "SELECT sum(pg_total_relation_size(name)) FROM unnest(%s::regclass[]) AS name",
            [list(_WRITTEN)],
        ).fetchone()
    assert row is not None
    return int(row[0])


def _of_books(around: Surroundings, *, name: str, writers: int) -> Run:
    """In a copy: there each movement needs no transfer, and in the product's database each does."""
    return _prepared(
        around, name=name, load="books_alone", writers=writers, batch=BATCH, database=around.books
    )


def _books(name: str, *, writers: int) -> Measurement:
    prepare = functools.partial(_of_books, name=name, writers=writers)
    return Measurement(name=name, gives=(name,), prepare=prepare)


def _measurement(name: str, load: str, *, writers: int, batch: int) -> Measurement:
    prepare = functools.partial(_prepared, name=name, load=load, writers=writers, batch=batch)
    return Measurement(name=name, gives=(name,), prepare=prepare)


# Zero writers stand for as many as the plan says.
BOOKS = (_books("books_one", writers=1), _books("books_many", writers=0))
MEASUREMENTS = (
    Measurement(name="whole_many", gives=("whole_many", "bytes"), prepare=_sized),
    _measurement("across_many", "across", writers=0, batch=BATCH),
    _measurement("whole_single", "whole_transfer", writers=1, batch=1),
    _measurement("single_many", "whole_transfer", writers=SINGLES, batch=1),
)
