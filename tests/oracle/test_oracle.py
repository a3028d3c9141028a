"""The product and the oracle, asked the same things, say the same and end in the same state."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django.plugin import DjangoDbBlocker

from tests.oracle import running
from tests.oracle.stage import Stage, prepared


@pytest.fixture(scope="module")
def stage(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Stage]:
    with prepared(django_db_blocker) as stage:
        yield stage


@pytest.mark.timeout(0)
def test_product_and_oracle_agree(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    seed, examples = running.seed(), running.examples()
    with capsys.disabled():
        print(f"\noracle: ORACLE_SEED={seed} ORACLE_EXAMPLES={examples}")  # noqa: T201
    running.run(stage, seed=seed, examples=examples, shrink=running.shrinks())
