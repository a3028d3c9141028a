"""The sandbox rail does what its table says, and a payout on it ends as its books say."""

from __future__ import annotations

import dataclasses
import types

import pytest

from tests.payouts.scenes import (
    ACCOUNT,
    AMOUNT,
    START,
    Clock,
    ask,
    money_of,
    saga_of,
    seen,
    work,
)
from tests.world import World
from wallets.rails import sandbox
from wallets.rails.sandbox import SandboxRail

pytestmark = pytest.mark.django_db

ENDS = {
    "000": ("FAILED", "payout_declined"),
    "111": ("FAILED", "payout_declined"),
    "222": ("COMPLETED", ""),
    "333": ("COMPLETED", ""),
    "444": ("COMPLETED", ""),
    "555": ("COMPLETED", ""),
    "666": ("FAILED", "payout_timed_out"),
    "777": ("COMPLETED", ""),
    "888": ("PROCESSING", ""),
    "999": ("FAILED", "payout_undelivered"),
    "890": ("COMPLETED", ""),
    "XYZ": ("COMPLETED", ""),
}


@pytest.mark.parametrize("ending", ENDS)
def test_a_payout_ends_as_the_rails_books_say(
    world: World, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    clock = Clock()
    monkeypatch.setattr(sandbox, "clock", types.SimpleNamespace(now=clock))
    account = dataclasses.replace(ACCOUNT, number=f"50100234567{ending}")
    outcome = ask(world, account=account)
    work(clock)
    transfer, saga = seen(outcome.transfer), saga_of(outcome.transfer)
    paid = SandboxRail().paid_minor(str(saga.id))
    assert (transfer.state, transfer.reason_code) == ENDS[ending]
    assert paid == (AMOUNT if transfer.state == "COMPLETED" else 0)
    held = AMOUNT if transfer.state == "PROCESSING" else 0
    assert money_of(world.alice_wallet) == (START - paid, held)
