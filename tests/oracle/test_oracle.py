"""The product and the oracle, asked the same things, say the same and end in the same state."""

from __future__ import annotations

import os

import pytest

from tests.oracle import running
from tests.oracle.machine import Machine
from tests.oracle.stage import Stage


@pytest.mark.timeout(0)
def test_product_and_oracle_agree(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    seed, examples = running.seed(), running.examples()
    with capsys.disabled():
        print(f"\noracle: ORACLE_SEED={seed} ORACLE_EXAMPLES={examples}")  # noqa: T201
    Machine.tally.clear()
    running.run(stage, seed=seed, examples=examples, shrink=running.shrinks())
    if "ORACLE_EXAMPLES" in os.environ:
        with capsys.disabled():
            for (kind, code), times in sorted(Machine.tally.items()):
                print(f"{kind:10} {code or 'done':32} {times:7}")  # noqa: T201
