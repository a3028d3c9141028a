"""The references: pgbench, set-based SQL, django-hordak."""

from __future__ import annotations

from bench import tpcb
from bench.hordak import Hordak
from bench.measured.writing import BATCH
from bench.measuring import Measurement, Reading, Run
from bench.setbased import SetBased
from bench.surroundings import Surroundings


def _tpcb(around: Surroundings) -> Run:
    around.say("preparing pgbench ...")
    tpcb.prepare(around.cluster)
    seconds = around.plan.seconds
    return lambda: Reading(values={"tpcb": tpcb.run(around.cluster, seconds=seconds)})


def _set_based(around: Surroundings) -> Run:
    reference = SetBased(around.cluster, around.world)
    seconds = around.plan.seconds
    return lambda: Reading(values={"set_based": reference.run(batch=BATCH, seconds=seconds)})


def _hordak(around: Surroundings) -> Run:
    around.say("preparing django-hordak ...")
    hordak = Hordak(around.cluster)
    around.closing.callback(hordak.close)
    return lambda: Reading(values={"hordak": hordak.run(seconds=around.plan.seconds)})


MEASUREMENTS = (
    Measurement(name="tpcb", gives=("tpcb",), prepare=_tpcb),
    Measurement(name="set_based", gives=("set_based",), prepare=_set_based),
    Measurement(name="hordak", gives=("hordak",), prepare=_hordak),
)
