"""What row security costs before a request is known to be anybody's."""

from __future__ import annotations

from bench.interleaving import Variant
from bench.measuring import Measurement, Reading, Run
from bench.parts import copy_as_it_is, copy_without_row_security
from bench.surroundings import Surroundings

VALUES = ("key_secured", "key_open", "session_secured", "session_open")


def _prepared(around: Surroundings) -> Run:
    around.say("copying the database for what recognizing costs ...")
    secured_copy = copy_as_it_is(around.cluster, around.world, name="secured")
    open_copy = copy_without_row_security(around.cluster, around.world, name="open_to_all")
    variants = [
        variant
        for name in ("key", "session")
        for variant in (
            Variant(name=f"{name}_secured", load=name, world=secured_copy),
            Variant(name=f"{name}_open", load=f"{name}_by_join", world=open_copy),
        )
    ]
    around.interleaver.add(variants)

    def run() -> Reading:
        costs = around.interleaver.run(VALUES, seconds=around.plan.seconds / 2)
        return Reading(values={name: seconds * 1e6 for name, seconds in costs.seconds.items()})

    return run


MEASUREMENTS = (Measurement(name="recognizing", gives=VALUES, prepare=_prepared),)
