"""A backend that dies mid-request: the same reference moves money exactly once."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection

from tests.concurrency.racing import (
    assert_books_are_sound,
    holding,
    start,
    wait_for_waiters,
)
from tests.servers import SUPERUSER_VARIABLE
from tests.world import World
from wallets.services.transfers import TransferOutcome, TransferRequest, carrying, execute_transfers

pytestmark = pytest.mark.usefixtures("committed_db")


def test_killed_while_it_waits_for_its_locks(world: World) -> None:
    request = world.request(amount_minor=250_00)

    with holding(world.alice_wallet.account_id):
        answer = start(partial(_attempt, request))
        for pid in wait_for_waiters(1):
            _kill(pid)
    assert answer.result(timeout=30) == "broken"

    _assert_moved(world, 0)
    assert _attempt(request) == "moved"
    assert _attempt(request) == "replayed"
    _assert_moved(world, 250_00)


def test_killed_between_the_last_write_and_the_commit(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = world.request(amount_minor=250_00)
    deaths = _dying_after(monkeypatch, "tell", times=1)

    answers = [_attempt(request), _attempt(request), _attempt(request)]

    assert deaths == ["killed"]
    assert answers in (
        ["broken", "moved", "replayed"],
        ["moved", "replayed", "replayed"],  # begun again before the caller heard of it
    )
    _assert_moved(world, 250_00)


def test_killed_in_the_middle_of_writing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    requests = [world.request(amount_minor=1_00) for _ in range(20)]
    deaths = _dying_after(monkeypatch, "post", times=1)

    with pytest.raises(DatabaseError):
        execute_transfers(requests)
    _assert_moved(world, 0)
    outcomes = execute_transfers(requests)

    assert deaths == ["killed"]
    assert not any(outcome.replayed or outcome.error for outcome in outcomes)
    assert all(outcome.replayed for outcome in execute_transfers(requests))
    _assert_moved(world, 20_00)


def _attempt(request: TransferRequest) -> str:
    try:
        outcome: TransferOutcome = execute_transfers([request])[0]
    except DatabaseError:
        return "broken"
    assert outcome.error is None
    return "replayed" if outcome.replayed else "moved"


def _dying_after(monkeypatch: pytest.MonkeyPatch, step: str, *, times: int) -> list[str]:
    """Kill this session's own backend after the real step has done its work."""
    real: Callable[..., Any] = getattr(carrying, step)
    deaths: list[str] = []

    def fatal(*args: Any, **kwargs: Any) -> Any:
        result = real(*args, **kwargs)
        if len(deaths) < times:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                _kill(cursor.fetchone()[0])
            deaths.append("killed")
        return result

    monkeypatch.setattr(carrying, step, fatal)
    return deaths


def _kill(pid: int) -> None:
    """End a backend and wait until it is gone, as the cluster's superuser."""
    with psycopg.connect(os.environ[SUPERUSER_VARIABLE], autocommit=True) as superuser:
        superuser.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


def _assert_moved(world: World, amount_minor: int) -> None:
    assert world.balance(world.alice_wallet) == 1_00_000_00 - amount_minor
    assert world.balance(world.charlie_wallet) == 50_000_00 + amount_minor
    assert_books_are_sound(world)
