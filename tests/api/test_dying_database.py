"""The database backend dies under a request; the client asks again with the same key."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.db import connection

from api.idempotency import guards
from tests.api.conftest import Caller, order, token_of
from tests.concurrency.racing import holding, start, wait_for_waiters
from tests.servers import SUPERUSER_VARIABLE
from tests.world import World

pytestmark = pytest.mark.usefixtures("committed_db")

PAID = 1_00_000_00 - 100_00


def end_backend(pid: int) -> None:
    with psycopg.connect(os.environ[SUPERUSER_VARIABLE], autocommit=True) as superuser:
        superuser.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


def dying_once(monkeypatch: pytest.MonkeyPatch, name: str, *, after: bool) -> None:
    """Let this thread's backend die right before or after the guard's statement, one time."""
    real: Callable[..., Any] = getattr(guards, name)
    deaths: list[int] = []

    def step(*args: Any) -> Any:
        done = real(*args) if after and not deaths else None
        if not deaths:
            deaths.append(connection.connection.info.backend_pid)
            end_backend(deaths[0])
        return done if done is not None else real(*args)

    monkeypatch.setattr(guards, name, step)


def test_while_the_transfer_waits_for_its_locks(world: World) -> None:
    alice = Caller(token_of(world, world.alice))
    with holding(world.alice_wallet.account_id):
        answer = start(lambda: alice.move("/transfers", order(world), "k-1"))
        for _ in ("in its group", "alone, on a new connection"):
            for pid in wait_for_waiters(1):
                end_backend(pid)
        broken = answer.result(timeout=30)
    assert (broken.status, broken.code) == (503, "database_unavailable")
    assert broken.headers["Retry-After"] == "1"
    assert world.balance(world.alice_wallet) == 1_00_000_00

    retried = alice.move("/transfers", order(world), "k-1")
    assert (retried.status, retried.data["state"]) == (201, "COMPLETED")
    assert world.balance(world.alice_wallet) == PAID


def test_after_the_effect_and_before_the_answer_is_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = Caller(token_of(world, world.alice))
    dying_once(monkeypatch, "answered", after=False)
    first = alice.move("/transfers", order(world), "k-1")
    assert first.status == 201, "the money moved, so the answer says so"

    again = alice.move("/transfers", order(world), "k-1")
    assert (again.status, again.body) == (201, first.body)
    assert alice.move("/transfers", order(world), "k-1").headers["Idempotent-Replayed"] == "true"
    assert world.balance(world.alice_wallet) == PAID


def test_after_the_guard_and_before_the_effect(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = Caller(token_of(world, world.alice))
    dying_once(monkeypatch, "claimed", after=True)

    first = alice.move("/transfers", order(world), "k-1")
    assert first.status == 201, "the group broke, and the request went on alone"
    again = alice.move("/transfers", order(world), "k-1")
    assert (again.status, again.body) == (201, first.body)
    assert world.balance(world.alice_wallet) == PAID


def test_a_refusal_that_left_no_row_is_told_only_once_it_is_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = Caller(token_of(world, world.alice))
    too_much = order(world, amount_minor=9_00_000_00)
    dying_once(monkeypatch, "answered", after=False)

    first = alice.move("/holds", too_much, "k-1")
    assert (first.status, first.code) == (503, "database_unavailable")
    told = alice.move("/holds", too_much, "k-1")
    assert (told.status, told.code) == (422, "insufficient_funds")
    world.fund(world.alice_wallet, 9_00_000_00)
    again = alice.move("/holds", too_much, "k-1")
    assert (again.status, again.body) == (422, told.body)


@pytest.mark.parametrize(
    ("path", "amount_minor", "durable"),
    [
        ("/transfers", 100_00, "off"),
        ("/transfers", 9_00_000_00, "off"),
        ("/holds", 100_00, "off"),
        ("/holds", 9_00_000_00, "on"),
    ],
)
def test_an_answer_waits_for_the_disk_if_the_books_could_not_repeat_it(
    world: World, path: str, amount_minor: int, durable: str
) -> None:
    said: list[str] = []

    def listen(execute: Callable[..., Any], sql: Any, params: Any, *more: Any) -> Any:
        if "api_idempotency_guard" in str(sql) and "status" in params:
            said.append(params["durable"])
        return execute(sql, params, *more)

    alice = Caller(token_of(world, world.alice))
    with connection.execute_wrapper(listen):
        alice.move(path, order(world, amount_minor=amount_minor))

    assert said == [durable]
