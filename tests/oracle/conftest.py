"""The stage of the oracle's tests, built once in a worker for each file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django.plugin import DjangoDbBlocker

from tests.oracle.stage import Stage, prepared


@pytest.fixture(scope="module")
def stage(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Stage]:
    with prepared(django_db_blocker) as stage:
        yield stage
