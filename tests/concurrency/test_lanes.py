"""One stuck account, and everybody else."""

from __future__ import annotations

import time
from collections import Counter
from functools import partial

import pytest

from tests.api.conftest import Caller, Got, order, token_of
from tests.concurrency.racing import holding, start, wait_for_waiters
from tests.world import World

pytestmark = pytest.mark.usefixtures("committed_db")

LANES, ASKED = 12, 16


def test_a_stuck_account_takes_its_organizations_lanes_and_nobody_elses(world: World) -> None:
    alice, charlie = Caller(token_of(world, world.alice)), Caller(token_of(world, world.charlie))
    reserved = order(world, amount_minor=1_00)

    def reserve(number: int) -> Got:
        return alice.move("/holds", reserved, f"key-{number}")

    with holding(world.alice_wallet.account_id):
        asked = [start(partial(reserve, number)) for number in range(ASKED)]
        wait_for_waiters(LANES)
        turned_away = ASKED - LANES
        deadline = time.monotonic() + 5
        while sum(one.done() for one in asked) < turned_away and time.monotonic() < deadline:
            time.sleep(0.01)
        theirs = {
            **reserved,
            "source_wallet": world.charlie_wallet.handle,
            "destination_wallet": world.alice_wallet.handle,
        }
        assert start(partial(charlie.move, "/holds", theirs, "free")).result(10).status == 201
    answers = [one.result(30) for one in asked]

    told = Counter((got.status, got.data.get("code")) for got in answers)
    assert told[503, "busy"] >= turned_away
    assert told[201, None] + told[503, "busy"] == ASKED
    assert {got.headers["Retry-After"] for got in answers if got.status == 503} == {"1"}
