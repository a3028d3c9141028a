"""Transfers through the front door."""

from __future__ import annotations

import pytest

from kernel import ids
from tests.api.conftest import Caller, order
from tests.world import World

pytestmark = pytest.mark.django_db


def test_alice_pays_charlie_in_another_organization(
    world: World, alice: Caller, charlie: Caller
) -> None:
    answer = alice.move("/transfers", order(world, metadata={"invoice": "7"}))
    assert answer.status == 201, answer.body
    sent = answer.data
    assert (sent["state"], sent["amount_minor"], sent["display"]) == (
        "COMPLETED",
        100_00,
        "₹100.00",
    )
    assert sent["metadata"] == {"invoice": "7"}
    assert sent["made_by"]["name"] == "Alice"
    assert sent["source"]["handle"] == world.alice_wallet.handle
    assert sent["destination"]["wallet"] is None
    assert answer.headers["Location"] == f"/api/v1/transfers/{sent['id']}"
    assert world.balance(world.alice_wallet) == 1_00_000_00 - 100_00
    assert world.balance(world.charlie_wallet) == 50_000_00 + 100_00

    received = charlie.get(f"/transfers/{sent['id']}?expand=entries").data
    assert received["metadata"] is None
    assert received["made_by"] is None
    assert received["source"]["wallet"] is None
    assert received["source_transaction"] is None
    assert len(received["entries"]) == 2


def test_who_sees_nothing_of_it(world: World, alice: Caller, charlie: Caller) -> None:
    inside = alice.move(
        "/transfers", order(world, destination_wallet=world.acme_wallet.handle)
    ).data
    assert charlie.get(f"/transfers/{inside['id']}").status == 404
    assert charlie.get(f"/ledger/transactions/{inside['source_transaction']}").status == 404


def test_the_list_takes_a_wallet_by_id_and_by_handle(
    world: World, alice: Caller, olga: Caller
) -> None:
    """The other side's handle as well, which alone tells her whom she paid."""
    sent = alice.move("/transfers", order(world)).data["id"]
    for name in (
        ids.encode("wal", world.alice_wallet.id),
        world.alice_wallet.handle,
        world.charlie_wallet.handle.lower(),
    ):
        listed = alice.get(f"/transfers?kind=transfer&wallet={name}").data["data"]
        assert [one["id"] for one in listed] == [sent], name
    for nobodys in (world.acme_wallet.handle, "VC-000000", "VC-UUUUUU"):
        assert alice.get(f"/transfers?kind=transfer&wallet={nobodys}").data["data"] == []
    assert olga.get("/transfers?wallet=VC-000000").data["data"] == []  # no deposit, which has none
    assert alice.get("/transfers?wallet=somebody").status == 400


def test_a_refused_transfer_is_kept_and_named(world: World, alice: Caller) -> None:
    answer = alice.move("/transfers", order(world, amount_minor=9_00_000_00))
    assert answer.status == 422
    assert answer.code == "insufficient_funds"
    kept = alice.get(f"/transfers/{answer.data['facts']['transfer']}").data
    assert (kept["state"], kept["reason_code"]) == ("FAILED", "insufficient_funds")
    assert world.balance(world.alice_wallet) == 1_00_000_00


def test_a_viewer_cannot_send(world: World, bob: Caller) -> None:
    answer = bob.move("/transfers", order(world))
    assert (answer.status, answer.code) == (403, "permission_denied")
    assert world.balance(world.alice_wallet) == 1_00_000_00


def test_a_batch_is_judged_item_by_item(world: World, alice: Caller) -> None:
    items = [order(world), order(world, destination_wallet="VC-000000"), order(world)]
    answer = alice.move("/transfers/batch", {"items": items})
    assert answer.status == 200
    assert [item["status"] for item in answer.data["items"]] == [201, 422, 201]
    assert answer.data["items"][1]["code"] == "destination_wallet_not_found"
    assert world.balance(world.charlie_wallet) == 50_000_00 + 200_00


def test_an_all_or_nothing_batch_moves_nothing(world: World, alice: Caller) -> None:
    items = [order(world), order(world, amount_minor=9_00_000_00)]
    answer = alice.move("/transfers/batch", {"items": items, "all_or_nothing": True})
    assert (answer.status, answer.code) == (422, "batch_refused")
    assert [item["code"] for item in answer.data["facts"]["items"]] == [
        "batch_withheld",
        "insufficient_funds",
    ]
    assert world.balance(world.charlie_wallet) == 50_000_00


def test_a_batch_over_the_limit_is_refused_whole(world: World, alice: Caller) -> None:
    answer = alice.move("/transfers/batch", {"items": [order(world)] * 501})
    assert (answer.status, answer.code) == (422, "batch_too_large")
    assert world.balance(world.charlie_wallet) == 50_000_00


def test_olga_records_a_deposit_once_per_bank_reference(world: World, olga: Caller) -> None:
    wanted = {
        "wallet": world.alice_wallet.handle,
        "amount_minor": 5,
        "currency": "INR",
        "external_reference": "UTR-1",
    }
    assert olga.move("/deposits", wanted).status == 201
    again = olga.move("/deposits", wanted)
    assert (again.status, again.code) == (409, "external_reference_used")
    out = olga.move("/withdrawals", {**wanted, "external_reference": "UTR-2"})
    assert out.status == 201
    assert world.balance(world.alice_wallet) == 1_00_000_00


def test_a_deposit_counts_from_the_banks_date(world: World, olga: Caller) -> None:
    friday = "2026-11-17T00:00:00.000000Z"
    wanted = {
        "wallet": world.alice_wallet.handle,
        "amount_minor": 5,
        "currency": "INR",
        "external_reference": "UTR-1",
        "effective_at": "2026-11-17T05:30:00+05:30",
    }
    made = olga.move("/deposits", wanted, key="k").data
    assert made["effective_at"] == friday
    assert olga.move("/deposits", wanted, key="k").data == made
    transaction = olga.get(f"/ledger/transactions/{made['destination_transaction']}").data
    assert transaction["effective_at"] == friday
    plain = {**wanted, "external_reference": "UTR-2", "effective_at": "2999-01-01T00:00:00Z"}
    refused = olga.move("/deposits", plain)
    assert (refused.status, refused.code) == (422, "effective_in_future")
    del plain["effective_at"]
    assert olga.move("/withdrawals", plain).data["effective_at"] is None
    assert world.balance(world.alice_wallet) == 1_00_000_00


def test_a_wallet_shows_its_entries_with_the_balance_after_each(
    world: World, alice: Caller
) -> None:
    alice.move("/transfers", order(world))
    page = alice.get(f"/wallets/{world.alice_wallet.handle}/entries").data
    assert [entry["balance_after_minor"] for entry in page["data"]] == [
        1_00_000_00 - 100_00,
        1_00_000_00,
    ]
    assert page["data"][0]["side"] == "DEBIT"


def test_the_trial_balance_balances(world: World, alice: Caller) -> None:
    alice.move("/transfers", order(world))
    found = alice.get("/ledger/trial-balance").data
    assert [total["balanced"] for total in found["totals"]] == [True]
    assert found["totals"][0]["debit_minor"] == 6_00_000_00
