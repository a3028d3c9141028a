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


def _prepared(around: Surroundings, *, name: str, load: str, writers: int, batch: int) -> Run:
    def run() -> Reading:
        tallies = around.writers.run(
            load,
            writers=writers or around.plan.writers,
            batch=batch,
            seconds=around.plan.seconds,
            profile=around.plan.profile,
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


def _measurement(name: str, load: str, *, writers: int, batch: int) -> Measurement:
    prepare = functools.partial(_prepared, name=name, load=load, writers=writers, batch=batch)
    return Measurement(name=name, gives=(name,), prepare=prepare)


# Zero writers stand for as many as the plan says.
MEASUREMENTS = (
    _measurement("books_one", "books_alone", writers=1, batch=BATCH),
    _measurement("books_many", "books_alone", writers=0, batch=BATCH),
    Measurement(name="whole_many", gives=("whole_many", "bytes"), prepare=_sized),
    _measurement("across_many", "across", writers=0, batch=BATCH),
    _measurement("whole_single", "whole_transfer", writers=1, batch=1),
    _measurement("single_many", "whole_transfer", writers=SINGLES, batch=1),
)
