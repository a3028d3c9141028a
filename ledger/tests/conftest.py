"""The two accounts that most tests move money between."""

from __future__ import annotations

import pytest

from ledger.models import LedgerAccount
from tests.world import World


@pytest.fixture
def alice(world: World) -> LedgerAccount:
    """Holds 100,000 rupees."""
    return world.alice_wallet.account


@pytest.fixture
def acme(world: World) -> LedgerAccount:
    """Holds 500,000 rupees."""
    return world.acme_wallet.account
