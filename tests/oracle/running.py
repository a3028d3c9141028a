"""How long the oracle runs, and from which seed: both can be set from outside, see README.md."""

from __future__ import annotations

import os
import secrets
from collections.abc import Collection

import hypothesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.oracle.machine import Machine
from tests.oracle.stage import Stage

# What one `make test` can afford.
SHORT_EXAMPLES = 20
SHORT_SEED = 1


def examples() -> int:
    return int(os.environ.get("ORACLE_EXAMPLES", SHORT_EXAMPLES))


def seed() -> int:
    """The given seed; for a long run a new one each time, for the short run always the same."""
    given = os.environ.get("ORACLE_SEED")
    if given is not None:
        return int(given)
    return secrets.randbelow(2**32) if "ORACLE_EXAMPLES" in os.environ else SHORT_SEED


def shrinks() -> bool:
    """Whether a disagreement is made small before it is told; that takes minutes."""
    return os.environ.get("ORACLE_SHRINK", "") == "1"


def steps_of(machine: type[Machine]) -> list[str]:
    """The names of the machine's steps."""
    return [rule.function.__name__ for rule in machine.setup_state().rules]


def run(
    stage: Stage,
    *,
    seed: int,
    examples: int,
    steps: int = 30,
    shrink: bool = False,
    rules: Collection[str] = (),
    checker: bool = True,
) -> None:
    """Run the machine on clones of the stage; raises what the first disagreement raised.

    :param rules: the steps to take; every kind when empty.
    """
    left_out = [name for name in steps_of(Machine) if rules and name not in rules]
    machine = type(
        "Example", (Machine,), {"stage": stage, "checker": checker, **dict.fromkeys(left_out)}
    )
    hypothesis.seed(seed)(machine)
    phases = (Phase.generate, Phase.shrink) if shrink else (Phase.generate,)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            phases=phases,
            database=None,
            deadline=None,
            derandomize=False,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
