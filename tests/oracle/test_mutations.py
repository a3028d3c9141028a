"""Who guards the guard: break a rule of the product, and the oracle has to see it."""

from __future__ import annotations

import pytest
from django.db import DatabaseError

from kernel.errors import InvariantBroken
from tests.oracle import running
from tests.oracle.comparing import Disagreement
from tests.oracle.mutations import MUTATIONS, Mutation
from tests.oracle.stage import Stage

EXAMPLES = 100
SEED = 7

# How a disagreement shows: as one, or as the database's own refusal of what the services let by.
NOTICED = (Disagreement, DatabaseError, InvariantBroken)


@pytest.mark.parametrize("mutation", MUTATIONS, ids=str)
def test_a_broken_rule_is_noticed(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, mutation: Mutation
) -> None:
    mutation.patch(monkeypatch)
    with stage.damaged(mutation.damage) as damaged, pytest.raises(NOTICED):
        running.run(
            damaged,
            seed=SEED,
            examples=EXAMPLES,
            steps=mutation.steps,
            rules=mutation.rules,
            checker=False,
        )
