"""Holds through the front door."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Caller, order
from tests.world import World

pytestmark = pytest.mark.django_db

ALICE = 1_00_000_00
ACME = 5_00_000_00


def hold_order(world: World, **changes: Any) -> dict[str, Any]:
    """Alice reserves 1,000.00 rupees for Acme's own wallet, with changes."""
    ends = {"destination_wallet": world.acme_wallet.handle, "amount_minor": 1_000_00}
    return order(world, **{**ends, **changes})


def placed(caller: Caller, world: World, **changes: Any) -> dict[str, Any]:
    answer = caller.move("/holds", hold_order(world, **changes))
    assert answer.status == 201, answer.body
    found: dict[str, Any] = answer.data
    return found


def money(caller: Caller, world: World) -> tuple[int, int, int]:
    """Posted, held and available, as Alice's wallet shows them."""
    shown = caller.get(f"/wallets/{world.alice_wallet.handle}").data
    return shown["posted_minor"], shown["held_minor"], shown["available_minor"]


def sums(hold: dict[str, Any]) -> tuple[str, int, int, int]:
    return (
        hold["state"],
        hold["captured_minor"],
        hold["released_minor"],
        hold["remaining_minor"],
    )


def test_a_hold_is_placed(world: World, alice: Caller) -> None:
    answer = alice.move("/holds", hold_order(world, description="Hotel", metadata={"room": "7"}))

    hold = answer.data
    assert answer.status == 201
    assert hold["id"].startswith("hld_")
    assert answer.headers["Location"] == f"/api/v1/holds/{hold['id']}"
    assert (hold["amount_minor"], hold["display"], hold["currency"]) == (
        1_000_00,
        "₹1,000.00",
        "INR",
    )
    assert sums(hold) == ("OPEN", 0, 0, 1_000_00)
    assert hold["source"]["handle"] == world.alice_wallet.handle
    assert (hold["source"]["name"], hold["destination"]["name"]) == ("Alice", "Acme")
    assert (hold["description"], hold["metadata"]) == ("Hotel", {"room": "7"})
    assert (hold["made_by"]["name"], hold["made_by"]["door"]) == ("Alice", "api")
    assert hold["ended_at"] is None
    assert alice.get(f"/holds/{hold['id']}").data == hold
    assert money(alice, world) == (ALICE, 1_000_00, ALICE - 1_000_00)


def test_captured_in_parts_and_the_rest_let_go(world: World, alice: Caller) -> None:
    hold = placed(alice, world)
    first = alice.move(f"/holds/{hold['id']}/capture", {"amount_minor": 300_00})
    second = alice.move(f"/holds/{hold['id']}/capture", {"amount_minor": 200_00})
    let_go = alice.post(f"/holds/{hold['id']}/void", {})

    assert (first.status, second.status, let_go.status) == (201, 201, 200)
    assert (first.data["kind"], first.data["amount_minor"]) == ("capture", 300_00)
    assert sums(let_go.data) == ("VOIDED", 500_00, 500_00, 0)
    assert alice.get(f"/holds/{hold['id']}").data == let_go.data
    assert money(alice, world) == (ALICE - 500_00, 0, ALICE - 500_00)
    assert world.balance(world.acme_wallet) == ACME + 500_00
