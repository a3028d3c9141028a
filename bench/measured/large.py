"""Does size matter? Batches among very many accounts, reads of an account with a long history."""

from __future__ import annotations

from bench.interleaving import Variant
from bench.measured.writing import BATCH
from bench.measuring import Measurement, Reading, Run
from bench.reads import READS
from bench.surroundings import Surroundings

_SECONDS = 1.5  # times the plan's: two variants take turns
# Until the working set is in memory, and most pages were written since the last checkpoint: as in a
# system that has been up for some minutes. The first write of a page after one costs a whole page.
_SETTLING_SECONDS = 30.0


def _batches(around: Surroundings) -> Run:
    large = around.large.world
    variants = [
        Variant(name="batch_few", load="whole_transfer", world=around.world, batch=BATCH),
        Variant(name="batch_very_many", load="whole_transfer", world=large, batch=BATCH),
    ]
    around.interleaver.add(variants)
    names = [variant.name for variant in variants]
    around.say("letting the large copy settle ...")
    around.interleaver.run(names[1:], seconds=_SETTLING_SECONDS)

    def run() -> Reading:
        costs = around.interleaver.run(names, seconds=_SECONDS * around.plan.seconds)
        values = {name: seconds * 1e6 / BATCH for name, seconds in costs.seconds.items()}
        return Reading(values=values, not_committed=costs.not_committed)

    return run


def _reads(around: Surroundings) -> Run:
    large = around.large
    subjects = {"long": large.long_account, "short": large.short_account}
    variants = [
        Variant(name=f"{read}_{size}", load=read, world=large.world, subject=str(account))
        for read in READS
        for size, account in subjects.items()
    ]
    around.interleaver.add(variants)
    names = [variant.name for variant in variants]

    def run() -> Reading:
        costs = around.interleaver.run(names, seconds=around.plan.seconds / 2)
        return Reading(values={name: seconds * 1e6 for name, seconds in costs.seconds.items()})

    return run


READ_VALUES = tuple(f"{read}_{size}" for read in READS for size in ("long", "short"))
MEASUREMENTS = (
    Measurement(name="batch_sizes", gives=("batch_few", "batch_very_many"), prepare=_batches),
    Measurement(name="reads", gives=READ_VALUES, prepare=_reads),
)
