"""The same key is the same request: one effect, one answer."""

from __future__ import annotations

import datetime as dt
from typing import Any
from unittest import mock

import pytest
from django.db import OperationalError

from api import tasks
from api.idempotency import guards, purging
from api.idempotency.guards import KEPT, LEASE, REMEMBERED
from api.idempotency.models import IdempotencyGuard
from kernel import clock
from kernel.actor import Door, system
from kernel.context import reading
from kernel.errors import Busy
from tests.api.conftest import Caller, Got, order
from tests.world import World

pytestmark = pytest.mark.django_db

PAID = 1_00_000_00 - 100_00


def later(by: dt.timedelta) -> Any:
    """The doors' clock, moved on."""
    moment = dt.datetime.now(dt.UTC) + by
    return mock.patch("api.v1.transfers.operations.clock.now", return_value=moment)


def same(first: Got, second: Got) -> bool:
    kept = ("Content-Type", "Location")
    return (
        (first.status, first.body) == (second.status, second.body)
        and all(first.headers.get(name) == second.headers.get(name) for name in kept)
        and second.headers.get("Idempotent-Replayed") == "true"
    )


def guard_rows() -> list[IdempotencyGuard]:
    with reading(system(door=Door.TASK, request_id="test")):
        return list(IdempotencyGuard.objects.order_by("id"))


def test_a_retry_gets_the_same_bytes_and_moves_nothing(world: World, alice: Caller) -> None:
    first = alice.move("/transfers", order(world), "k-1")
    assert (first.status, "Idempotent-Replayed" in first.headers) == (201, False)
    assert same(first, alice.move("/transfers", order(world), "k-1"))
    assert world.balance(world.alice_wallet) == PAID


def test_a_refusal_is_replayed_even_when_it_would_succeed_by_now(
    world: World, alice: Caller
) -> None:
    wanted = order(world, amount_minor=2_00_000_00)
    first = alice.move("/transfers", wanted, "k-1")
    assert first.code == "insufficient_funds"
    world.fund(world.alice_wallet, 9_00_000_00)
    assert same(first, alice.move("/transfers", wanted, "k-1"))


def test_a_refusal_without_a_row_is_replayed(world: World, alice: Caller) -> None:
    wanted = order(world, destination_wallet="VC-000000")
    first = alice.move("/transfers", wanted, "k-1")
    assert first.status == 422
    assert same(first, alice.move("/transfers", wanted, "k-1"))


def test_a_batch_is_replayed_exactly(world: World, alice: Caller) -> None:
    items = [order(world), order(world, amount_minor=9_00_000_00), order(world)]
    first = alice.move("/transfers/batch", {"items": items}, "k-1")
    assert same(first, alice.move("/transfers/batch", {"items": items}, "k-1"))
    assert world.balance(world.alice_wallet) == PAID - 100_00


def test_the_order_of_members_is_no_other_body(world: World, alice: Caller) -> None:
    wanted = order(world)
    alice.move("/transfers", wanted, "k-1")
    turned = dict(reversed(wanted.items()))
    assert alice.move("/transfers", turned, "k-1").status == 201


def test_another_body_under_the_same_key(world: World, alice: Caller) -> None:
    alice.move("/transfers", order(world), "k-1")
    other = alice.move("/transfers", order(world, amount_minor=1), "k-1")
    assert (other.status, other.code) == (422, "idempotency_key_reused")
    assert world.balance(world.alice_wallet) == PAID


def test_a_key_belongs_to_one_principal_and_one_route(
    world: World, alice: Caller, charlie: Caller, acme_key: Caller
) -> None:
    assert alice.move("/transfers", order(world), "k-1").status == 201
    back = order(
        world,
        source_wallet=world.charlie_wallet.handle,
        destination_wallet=world.alice_wallet.handle,
    )
    assert charlie.move("/transfers", back, "k-1").status == 201
    own = order(world, source_wallet=world.acme_wallet.handle)
    assert acme_key.move("/transfers", own, "k-1").status == 201
    assert alice.move("/transfers/batch", {"items": [order(world)]}, "k-1").status == 200


@pytest.mark.parametrize("key", ["", " ", '""', "a" * 256, "kéy", '"half', '"' + "a" * 256 + '"'])
def test_malformed_keys(world: World, alice: Caller, key: str) -> None:
    answer = alice("POST", "/transfers", order(world), headers={"Idempotency-Key": key})
    assert (answer.status, answer.code) == (400, "idempotency_key_malformed")
    assert world.balance(world.alice_wallet) == 1_00_000_00


def test_no_key(world: World, alice: Caller) -> None:
    for path in ("/transfers", "/transfers/batch"):
        data = order(world) if path == "/transfers" else {"items": [order(world)]}
        answer = alice("POST", path, data)
        assert (answer.status, answer.code) == (400, "idempotency_key_missing")
    assert world.balance(world.alice_wallet) == 1_00_000_00


def test_a_quoted_key_is_the_same_key(world: World, alice: Caller) -> None:
    first = alice.move("/transfers", order(world), "a b")
    assert same(first, alice.move("/transfers", order(world), '"a b"'))
    longest = "x" * 255
    assert alice.move("/transfers", order(world), longest).status == 201
    assert alice.move("/transfers", order(world), f'"{longest}"').status == 201


def test_while_the_first_request_is_at_work(world: World, alice: Caller) -> None:
    with mock.patch("api.v1.transfers.operations.execute_together") as inner:
        inner.side_effect = lambda *_: pytest.fail("no effect without the guard")
        with mock.patch.object(guards, "claimed", return_value=None):
            unknown = alice.move("/transfers", order(world), "k-1")
    assert (unknown.status, unknown.code) == (409, "request_in_flight")
    assert unknown.headers["Retry-After"] == "1"


def test_a_crash_after_the_effect_renders_the_same_bytes(world: World, alice: Caller) -> None:
    """The process dies between effect and answer; the lease runs out; the client retries."""
    with (
        mock.patch.object(guards, "answered", side_effect=SystemExit),
        mock.patch.object(guards, "released"),
        pytest.raises(SystemExit),
    ):
        alice.move("/transfers", order(world), "k-1")
    assert world.balance(world.alice_wallet) == PAID
    soon = alice.move("/transfers", order(world), "k-1")
    assert (soon.status, soon.code) == (409, "request_in_flight")
    with later(LEASE):
        taken = alice.move("/transfers", order(world), "k-1")
    assert taken.status == 201
    assert taken.headers["Idempotent-Replayed"] == "true", "the money moved in the first attempt"
    assert guard_rows()[0].attempt == 2
    assert world.balance(world.alice_wallet) == PAID
    assert same(taken, alice.move("/transfers", order(world), "k-1"))


@pytest.mark.parametrize("amount_minor", [100_00, 9_00_000_00])
def test_a_lost_guard_renders_the_same_bytes(
    world: World, alice: Caller, amount_minor: int
) -> None:
    """Guards are committed without waiting for the disk; the books' reference holds anyway."""
    wanted = order(world, amount_minor=amount_minor)
    for path, data in (("/transfers", wanted), ("/transfers/batch", {"items": [wanted, wanted]})):
        first = alice.move(path, data, "k-1")
        before = world.balance(world.alice_wallet)
        with reading(system(door=Door.TASK, request_id="test")):
            IdempotencyGuard.objects.all().delete()
        again = alice.move(path, data, "k-1")
        assert same(first, again)
        assert world.balance(world.alice_wallet) == before
        other = alice.move(
            "/transfers", order(world, amount_minor=1), "k-1"
        )  # the guard, or the books, know the key
        assert other.code == "idempotency_key_reused"


def test_a_lost_guard_renders_the_same_refused_batch(world: World, alice: Caller) -> None:
    items = [order(world), order(world, amount_minor=9_00_000_00)]
    whole = {"items": items, "all_or_nothing": True}
    first = alice.move("/transfers/batch", whole, "k-1")
    assert (first.status, first.code) == (422, "batch_refused")
    with reading(system(door=Door.TASK, request_id="test")):
        IdempotencyGuard.objects.all().delete()
    assert same(first, alice.move("/transfers/batch", whole, "k-1"))


@pytest.mark.parametrize(
    ("trouble", "status"), [(Busy(), 503), (OperationalError("gone"), 503), (RuntimeError(), 500)]
)
def test_trouble_is_not_kept_and_the_retry_may_begin_at_once(
    world: World, alice: Caller, trouble: Exception, status: int
) -> None:
    with mock.patch("api.v1.transfers.operations.execute_together", side_effect=trouble):
        assert alice.move("/transfers", order(world), "k-1").status == status
    other = alice.move("/transfers", order(world, amount_minor=1), "k-1")
    assert other.code == "idempotency_key_reused"
    assert alice.move("/transfers", order(world), "k-1").status == 201
    assert world.balance(world.alice_wallet) == PAID


def test_a_key_expires_after_a_week_and_is_forgotten_after_a_month(
    world: World, alice: Caller
) -> None:
    alice.move("/transfers", order(world), "k-1")
    with later(KEPT):
        old = alice.move("/transfers", order(world), "k-1")
    assert (old.status, old.code) == (422, "key_expired")

    now = clock.now()
    assert tasks.purge_idempotency_guards() == {"forgotten": 0, "deleted": 0}
    assert purging.purge_guards(now=now + KEPT) == {"forgotten": 1, "deleted": 0}
    tombstone = guard_rows()[0]
    assert (tombstone.status, tombstone.body) == (201, None)
    with later(KEPT):
        assert alice.move("/transfers", order(world), "k-1").code == "key_expired"
    assert purging.purge_guards(now=now + REMEMBERED) == {"forgotten": 0, "deleted": 1}
    assert guard_rows() == []
    assert world.balance(world.alice_wallet) == PAID


def test_an_invalid_body_takes_no_key(world: World, alice: Caller) -> None:
    assert alice.move("/transfers", order(world, amount_minor=0), "k-1").status == 400
    assert guard_rows() == []
    assert alice.move("/transfers", order(world), "k-1").status == 201


def test_another_organization_cannot_see_a_guard(
    world: World, alice: Caller, charlie: Caller
) -> None:
    alice.move("/transfers", order(world), "k-1")
    with reading(world.actor(world.charlie)):
        assert not IdempotencyGuard.objects.exists()
    with reading(world.actor(world.alice)):
        assert IdempotencyGuard.objects.count() == 1
