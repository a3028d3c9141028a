"""Two hundred requests with one key at the same time: money moves once."""

from __future__ import annotations

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from django.db import connections

from tests.api.conftest import Caller, Got, order, token_of
from tests.world import World

REQUESTS = 200
AT_ONCE = 16  # below the pool's size, so that no thread waits for a connection
PATIENCE_SECONDS = 60


def test_two_hundred_times_at_once(committed_db: str, world: World) -> None:
    alice, wanted = Caller(token_of(world, world.alice)), order(world)
    start = threading.Barrier(AT_ONCE)

    def ask(number: int) -> tuple[Got, Got]:
        if number < AT_ONCE:
            start.wait()
        try:
            first = answer = alice.move("/transfers", wanted, "one-key")
            deadline = time.monotonic() + PATIENCE_SECONDS
            while answer.status == 409 and time.monotonic() < deadline:
                assert answer.code == "request_in_flight"
                assert answer.headers["Retry-After"] == "1"
                time.sleep(0.02)
                answer = alice.move("/transfers", wanted, "one-key")
            return first, answer
        finally:
            connections.close_all()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        pairs = list(pool.map(ask, range(REQUESTS)))

    assert set(Counter(first.status for first, _ in pairs)) <= {201, 409}
    assert {(last.status, last.body) for _, last in pairs} == {(201, pairs[0][1].body)}
    fresh = [last for _, last in pairs if "Idempotent-Replayed" not in last.headers]
    assert len(fresh) == 1
    assert world.balance(world.alice_wallet) == 1_00_000_00 - 100_00
    assert world.balance(world.charlie_wallet) == 50_000_00 + 100_00


def test_many_keys_race_for_the_last_rupee(committed_db: str, world: World) -> None:
    """Fifty requests of 3,000 rupees want 1,00,000: exactly 33 get it."""
    alice, wanted = Caller(token_of(world, world.alice)), order(world, amount_minor=3_000_00)

    def ask(number: int) -> Got:
        try:
            return alice.move("/transfers", wanted, f"key-{number}")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = Counter(answer.status for answer in pool.map(ask, range(50)))

    assert answers == {201: 33, 422: 17}
    assert world.balance(world.alice_wallet) == 1_000_00
    assert world.balance(world.charlie_wallet) == 50_000_00 + 99_000_00
