"""What the tests of this folder share."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest

from tests.api.conftest import alice, bob, nobody, olga
from tests.web.conftest import visit
from vaultcraft.logging import logging_config

__all__ = ["alice", "bob", "nobody", "olga", "visit"]


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """Everything that is logged meanwhile, by whomever, as the product would write it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    config = logging_config()["formatters"]["json"]
    handler.setFormatter(
        config["()"](processors=config["processors"], foreign_pre_chain=config["foreign_pre_chain"])
    )
    root = logging.getLogger()
    root.addHandler(handler)
    yield stream
    root.removeHandler(handler)
