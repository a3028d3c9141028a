"""What each part of a transfer costs: the product beside the product without it."""

from __future__ import annotations

from bench.interleaving import Costs, Variant
from bench.measured.writing import BATCH
from bench.measuring import Measurement, Reading, Run
from bench.parts import (
    PYTHON_PARTS,
    copy_as_it_is,
    copy_with_fees,
    copy_without_entry_checks,
    copy_without_row_security,
)
from bench.surroundings import Surroundings

_SECONDS = 2.5  # times the plan's: many variants take turns in one run
DATABASE_PARTS = ("row_security", "entry_checks")
VALUES = ("cost_whole", "cost_fees", *(f"cost_{part}" for part in (*PYTHON_PARTS, *DATABASE_PARTS)))


def _prepared(around: Surroundings) -> Run:
    around.say("copying the database for what parts cost ...")
    variants = _variants(around)
    around.interleaver.add(variants)
    names = [variant.name for variant in variants]

    def run() -> Reading:
        costs = around.interleaver.run(names, seconds=_SECONDS * around.plan.seconds)
        return Reading(values=_told(costs), not_committed=costs.not_committed)

    return run


def _variants(around: Surroundings) -> list[Variant]:
    cluster, world = around.cluster, around.world
    parts = copy_as_it_is(cluster, world, name="without_parts")
    books = Variant(name="books", load="books_alone", world=parts, batch=BATCH)
    whole = Variant(name="whole", load="whole_transfer", world=parts, batch=BATCH)
    copies = {
        "row_security": copy_without_row_security(cluster, world),
        "entry_checks": copy_without_entry_checks(cluster, world),
        "fees": copy_with_fees(cluster, world),
    }
    return [
        books,
        whole,
        *(
            Variant(name=part, load="whole_transfer", world=parts, batch=BATCH, without=part)
            for part in PYTHON_PARTS
        ),
        *(
            Variant(name=part, load="whole_transfer", world=copy, batch=BATCH)
            for part, copy in copies.items()
        ),
    ]


def _told(costs: Costs) -> dict[str, float]:
    """Microseconds a transfer that the whole takes longer than the whole without the part."""
    per_item = {name: seconds * 1e6 / BATCH for name, seconds in costs.seconds.items()}
    whole = per_item["whole"]
    less = {f"cost_{part}": whole - cost for part, cost in per_item.items() if part != "whole"}
    # The product charges nothing unless an organization asks for it, so a fee is what comes on top.
    return {"cost_whole": less.pop("cost_books"), **less, "cost_fees": -less["cost_fees"]}


MEASUREMENTS = (Measurement(name="parts", gives=VALUES, prepare=_prepared),)
