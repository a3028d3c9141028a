"""What if? Asked through the front door: the answer, and that asking leaves no trace."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests.api.conftest import Caller, order
from tests.world import World
from wallets.choices import WalletKind
from wallets.services.terms import set_limit_rule
from wallets.tests.test_reversals import charge

ALICE, CHARLIE = 1_00_000_00, 50_000_00
NO_TRACE = "/transfers/dry-run"
MANY = "/transfers/batch/dry-run"

pytestmark = pytest.mark.django_db


def limited(world: World, *, day_minor: int | None, month_minor: int | None) -> None:
    set_limit_rule(
        actor=world.actor(world.olga),
        organization_id=world.acme.id,
        wallet_kind=WalletKind.CURRENT,
        currency="INR",
        day_minor=day_minor,
        month_minor=month_minor,
        now=dt.datetime.now(dt.UTC),
    )


def left(limits: dict[str, Any]) -> tuple[int, int]:
    return limits["day"]["left_minor"], limits["month"]["left_minor"]


def test_a_transfer_that_would_be_carried_out(world: World, alice: Caller) -> None:
    charge(world, fixed_minor=2_00)
    limited(world, day_minor=500_00, month_minor=900_00)
    found = alice.post(NO_TRACE, order(world)).data

    wallet = alice.get(f"/wallets/{world.alice_wallet.handle}").data["id"]
    assert (found["status"], found["code"], found["problem"]) == (201, None, None)
    assert found["fee"] == {"amount_minor": 2_00, "currency": "INR", "display": "₹2.00"}
    assert found["source"] == {
        "wallet": wallet,
        "posted_minor": ALICE - 102_00,
        "held_minor": 0,
        "available_minor": ALICE - 102_00,
        "available_display": "₹99,898.00",
    }
    assert found["destination"] is None, "Charlie's wallet is not in view"
    assert left(found["limits"]) == (400_00, 800_00)
    assert found["limits"]["day"]["used_minor"] == 100_00
    assert found["limits"]["month"]["starts_on"].endswith("-01")

    alice.move("/transfers", order(world))
    shown = alice.get(f"/wallets/{wallet}").data
    assert shown["available_minor"] == found["source"]["available_minor"]
    assert alice.get(f"/wallets/{wallet}/limits").data["day"] == found["limits"]["day"]


def test_both_wallets_of_ones_own_organization(world: World, alice: Caller) -> None:
    found = alice.post(NO_TRACE, order(world, destination_wallet=world.acme_wallet.handle)).data
    assert found["source"]["available_minor"] == ALICE - 100_00
    assert found["destination"]["posted_minor"] == 5_00_000_00 + 100_00


def test_an_organization_s_own_wallet_has_no_limits(world: World, acme_key: Caller) -> None:
    asked = order(world, source_wallet=world.acme_wallet.handle)
    assert acme_key.post(NO_TRACE, asked).data["limits"] == {"day": None, "month": None}


REFUSED: dict[str, tuple[dict[str, Any], int, str]] = {
    "too much": ({"amount_minor": ALICE + 1}, 422, "insufficient_funds"),
    "another currency": ({"currency": "USD"}, 422, "wallet_currency_mismatch"),
    "another exponent": ({"currency": "JPY"}, 422, "wallet_currency_mismatch"),
    "unknown source": ({"source_wallet": "VC-000000"}, 422, "source_wallet_not_found"),
    "unknown payee": ({"destination_wallet": "VC-000000"}, 422, "destination_wallet_not_found"),
    "unknown id": (
        {"destination_wallet": f"wal_0{'0' * 25}"},
        422,
        "destination_wallet_not_found",
    ),
    "another fee": ({"expected_fee_minor": 1}, 422, "fee_changed"),
    "past the day": ({"amount_minor": 500_01}, 422, "daily_limit_exceeded"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_be_refused_is_refused(world: World, alice: Caller, name: str) -> None:
    if name == "past the day":
        limited(world, day_minor=500_00, month_minor=None)
    changes, status, code = REFUSED[name]
    said = alice.post(NO_TRACE, order(world, **changes))
    done = alice.move("/transfers", order(world, **changes))

    assert said.status == 200
    assert (said.data["status"], said.data["code"]) == (status, code)
    assert said.data["problem"]["type"] == f"/api/v1/errors#{code}"
    assert (said.data["source"], said.data["destination"]) == (None, None)
    assert (done.status, done.code) == (status, code)
    assert world.balance(world.alice_wallet) == ALICE


def test_a_limit_says_what_is_left(world: World, alice: Caller) -> None:
    limited(world, day_minor=500_00, month_minor=None)
    alice.move("/transfers", order(world))
    found = alice.post(NO_TRACE, order(world, amount_minor=450_00)).data
    assert found["problem"]["facts"] == {"limit_minor": 500_00, "used_minor": 100_00}
    assert found["limits"]["day"]["left_minor"] == 400_00
    assert found["limits"]["month"]["left_minor"] is None


def test_who_may_not_pay(world: World, bob: Caller, charlie: Caller, acme_key: Caller) -> None:
    assert bob.post(NO_TRACE, order(world)).data["code"] == "permission_denied"
    assert acme_key.post(NO_TRACE, order(world)).data["code"] == "permission_denied"
    found = charlie.post(NO_TRACE, order(world)).data
    assert found["code"] == "source_wallet_not_found"
    assert (found["source"], found["limits"]) == (None, None), "Alice's wallet is not in view"
    # What Charlie would receive, he may see; that the sender could pay is not his to ask.
    assert found["destination"] is None


def test_a_batch_is_judged_in_order(world: World, alice: Caller) -> None:
    limited(world, day_minor=250_00, month_minor=None)
    items = [order(world), order(world, amount_minor=200_00), order(world)]
    found = alice.post(MANY, {"items": items}).data

    assert (found["completed"], found["refused"]) == (2, 1)
    assert [item["code"] for item in found["items"]] == [None, "daily_limit_exceeded", None]
    assert [item["index"] for item in found["items"]] == [0, 1, 2]
    balances = [item["source"] and item["source"]["available_minor"] for item in found["items"]]
    assert balances == [ALICE - 100_00, None, ALICE - 200_00]
    days = [item["limits"]["day"]["left_minor"] for item in found["items"]]
    assert days == [150_00, 150_00, 50_00]
    done = alice.move("/transfers/batch", {"items": items}).data
    assert [item["code"] for item in done["items"]] == [item["code"] for item in found["items"]]


def test_all_or_nothing(world: World, alice: Caller) -> None:
    items = [order(world), order(world, amount_minor=ALICE)]
    found = alice.post(MANY, {"items": items, "all_or_nothing": True}).data
    assert [item["code"] for item in found["items"]] == ["batch_withheld", "insufficient_funds"]
    assert (found["completed"], found["refused"]) == (0, 2)


NONSENSE: dict[str, tuple[Any, int]] = {
    "nothing": (None, 400),
    "a list": ([], 400),
    "no wallets": ({"amount_minor": 1, "currency": "INR"}, 400),
    "a negative amount": ({"amount_minor": -1}, 400),
    "an amount in words": ({"amount_minor": "one"}, 400),
    "a fraction": ({"amount_minor": 1.5}, 422),
    "a currency of two letters": ({"currency": "IN"}, 400),
    "a wallet of nobody's form": ({"source_wallet": "'; DROP TABLE"}, 400),
    "a hidden character": ({"description": "a\u202eb"}, 422),
    "a member too many": ({"really": False}, 400),
    "a fee below nothing": ({"expected_fee_minor": -1}, 400),
}


@pytest.mark.parametrize("name", NONSENSE)
def test_a_dry_run_of_nonsense(world: World, alice: Caller, name: str) -> None:
    given, status = NONSENSE[name]
    whole = isinstance(given, dict) and name != "no wallets"
    answer = alice.post(NO_TRACE, order(world, **given) if whole else given)
    assert answer.status == status, answer.body
    assert answer.code in ("invalid_request", "unacceptable_value")
    items = [order(world, **given)] if whole else given
    assert alice.post(MANY, {"items": items}).status == status


def test_a_batch_of_ten_thousand_is_refused_whole(world: World, alice: Caller) -> None:
    """With indentation and notes: two megabytes and more, still read and refused by its count."""
    items = [order(world, description=f"Invoice {number:>99}") for number in range(10_000)]
    for path in (MANY, "/transfers/batch"):
        answer = alice.move(path, {"items": items})
        assert (answer.status, answer.code) == (422, "batch_too_large")
        assert answer.data["facts"] == {"maximum": 500, "items": 10_000}
        assert answer.data["errors"][0]["pointer"] == "/items"
    assert world.balance(world.alice_wallet) == ALICE
    assert alice.get("/transfers?kind=transfer").data["data"] == []


def test_five_hundred_are_not_too_many(world: World, alice: Caller) -> None:
    found = alice.post(MANY, {"items": [order(world)] * 500}).data
    assert (found["completed"], found["refused"]) == (500, 0)
    assert found["items"][499]["source"]["posted_minor"] == ALICE - 500 * 100_00
    assert world.balance(world.alice_wallet) == ALICE


def test_a_hold_that_would_be_placed(world: World, alice: Caller, bob: Caller) -> None:
    asked = order(world, destination_wallet=world.acme_wallet.handle)
    alice.move("/holds", {**asked, "amount_minor": 300_00})
    found = alice.post("/holds/dry-run", asked).data
    assert (found["status"], found["problem"]) == (201, None)
    assert (found["source"]["posted_minor"], found["source"]["held_minor"]) == (ALICE, 400_00)
    assert found["source"]["available_minor"] == ALICE - 400_00

    assert bob.post("/holds/dry-run", asked).data["code"] == "permission_denied"
    for changes, code in (
        ({"amount_minor": ALICE - 299_99}, "insufficient_funds"),
        ({"currency": "USD"}, "wallet_currency_mismatch"),
        ({"destination_wallet": "VC-000000"}, "destination_wallet_not_found"),
        ({"expires_at": "2026-01-01T00:00:00Z"}, "hold_expiry_invalid"),
    ):
        said = alice.post("/holds/dry-run", {**asked, **changes}).data
        done = alice.move("/holds", {**asked, **changes})
        assert (said["code"], said["source"]) == (code, None)
        assert (done.status, done.code) == (said["status"], code)
