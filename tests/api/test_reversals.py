"""Giving back what a transfer moved, through the front door; fees on the way."""

from __future__ import annotations

from typing import Any

import pytest

from api.idempotency.models import IdempotencyGuard
from kernel.actor import Door, system
from kernel.context import reading
from kernel.ids import decode, encode
from tests.api.conftest import Caller, order
from tests.database import statements
from tests.world import World
from wallets.tests.people import moved
from wallets.tests.test_reversals import charge, given_back

pytestmark = pytest.mark.django_db

ALICE, CHARLIE = 1_00_000_00, 50_000_00
UNKNOWN = f"trf_0{'0' * 25}"


def sent(caller: Caller, world: World, **changes: Any) -> dict[str, Any]:
    answer = caller.move("/transfers", order(world, **changes))
    assert answer.status == 201, answer.body
    found: dict[str, Any] = answer.data
    return found


def left(caller: Caller, transfer: str) -> tuple[int, int, int]:
    """How often and how much was given back, and how much could still be."""
    shown = caller.get(f"/transfers/{transfer}?expand=reversals").data["reversals"]
    return shown["count"], shown["reversed_minor"], shown["left_minor"]


def test_the_whole_of_a_payment_from_another_organization(
    world: World, alice: Caller, charlie: Caller
) -> None:
    paid = sent(alice, world)
    answer = charlie.move(f"/transfers/{paid['id']}/reverse", {"description": "Not ours"})

    back = answer.data
    assert answer.status == 201, answer.body
    assert answer.headers["Location"] == f"/api/v1/transfers/{back['id']}"
    assert (back["kind"], back["reverses"], back["amount_minor"]) == ("reversal", paid["id"], 10000)
    assert (back["source"]["handle"], back["destination"]["handle"]) == (
        world.charlie_wallet.handle,
        world.alice_wallet.handle,
    )
    assert world.balance(world.alice_wallet) == ALICE
    assert world.balance(world.charlie_wallet) == CHARLIE


def test_in_parts_with_its_history_both_ways(world: World, alice: Caller, charlie: Caller) -> None:
    paid = sent(alice, world)["id"]
    assert left(alice, paid) == (0, 0, 100_00)
    first = charlie.move(f"/transfers/{paid}/reverse", {"amount_minor": 30_00}).data["id"]
    second = charlie.move(f"/transfers/{paid}/reverse", {"amount_minor": 20_00}).data["id"]

    for side in (alice, charlie):
        assert left(side, paid) == (2, 50_00, 50_00)
        listed = side.get(f"/transfers?reverses={paid}&expand=reversals").data["data"]
        assert [one["id"] for one in listed] == [second, first]
        assert [one["reversals"]["left_minor"] for one in listed] == [0, 0]
        assert side.get(f"/transfers/{first}").data["reverses"] == paid
    shown = alice.get(f"/transfers/{paid}?expand=reversals").data["reversals"]
    assert (shown["reversed_display"], shown["left_display"]) == ("₹50.00", "₹50.00")

    rest = charlie.move(f"/transfers/{paid}/reverse", {})
    assert rest.data["amount_minor"] == 50_00
    assert left(alice, paid) == (3, 100_00, 0)
    assert world.balance(world.alice_wallet) == ALICE


def test_more_than_is_left_is_refused_and_kept(
    world: World, alice: Caller, charlie: Caller
) -> None:
    paid = sent(alice, world)["id"]
    charlie.move(f"/transfers/{paid}/reverse", {"amount_minor": 60_00})
    for body in ({"amount_minor": 40_01}, {"amount_minor": 100_00}):
        refused = charlie.move(f"/transfers/{paid}/reverse", body)
        assert (refused.status, refused.code) == (422, "reversal_exceeds_original")
        kept = charlie.get(f"/transfers/{refused.data['facts']['transfer']}").data
        assert (kept["state"], kept["reverses"]) == ("FAILED", paid)
    assert left(alice, paid) == (1, 60_00, 40_00)
    assert world.balance(world.charlie_wallet) == CHARLIE + 40_00


def test_what_has_nothing_left(world: World, alice: Caller, charlie: Caller) -> None:
    paid = sent(alice, world)["id"]
    back = charlie.move(f"/transfers/{paid}/reverse", {}).data["id"]

    again = charlie.move(f"/transfers/{paid}/reverse", {})
    assert (again.status, again.code) == (422, "reversal_exceeds_original")
    for caller in (alice, charlie):
        twice = caller.move(f"/transfers/{back}/reverse", {})
        assert (twice.status, twice.code) == (422, "reversal_of_reversal")
    refused = alice.move("/transfers", order(world, amount_minor=9_00_000_00))
    failed = alice.move(f"/transfers/{refused.data['facts']['transfer']}/reverse", {})
    assert (failed.status, failed.code) == (422, "transfer_not_completed")
    assert world.balance(world.alice_wallet) == ALICE
    assert world.balance(world.charlie_wallet) == CHARLIE


def test_who_may_give_back(
    world: World, alice: Caller, bob: Caller, charlie: Caller, olga: Caller
) -> None:
    paid = sent(alice, world)["id"]
    path = f"/transfers/{paid}/reverse"
    for caller in (alice, bob):
        answer = caller.move(path, {})
        assert (answer.status, answer.code) == (403, "permission_denied")
    inside = sent(alice, world, destination_wallet=world.acme_wallet.handle)["id"]
    stranger = charlie.move(f"/transfers/{inside}/reverse", {})
    assert (stranger.status, stranger.code) == (404, "transfer_not_found")
    assert left(alice, paid) == (0, 0, 100_00)
    assert olga.move(path, {"amount_minor": 1}).status == 201
    assert world.balance(world.charlie_wallet) == CHARLIE + 100_00 - 1


def test_a_deposit_is_reversed_by_who_records_deposits(
    world: World, alice: Caller, olga: Caller
) -> None:
    deposit = olga.move(
        "/deposits",
        {
            "wallet": world.alice_wallet.handle,
            "amount_minor": 500,
            "currency": "INR",
            "external_reference": "UTR-WRONG",
        },
    ).data["id"]
    assert alice.move(f"/transfers/{deposit}/reverse", {}).code == "permission_denied"
    back = olga.move(f"/transfers/{deposit}/reverse", {})
    assert (back.status, back.data["destination"]) == (201, None)
    assert world.balance(world.alice_wallet) == ALICE


def test_the_stored_answers_stay_the_same_bytes(
    world: World, alice: Caller, charlie: Caller
) -> None:
    paid = alice.move("/transfers", order(world), "p-1")
    path = f"/transfers/{paid.data['id']}/reverse"
    back = charlie.move(path, {}, "r-1")
    for _ in range(2):
        for before, again in (
            (paid, alice.move("/transfers", order(world), "p-1")),
            (back, charlie.move(path, {}, "r-1")),
        ):
            assert (again.status, again.body) == (before.status, before.body)
            assert again.headers["Idempotent-Replayed"] == "true"
        with reading(system(door=Door.TASK, request_id="test")):
            IdempotencyGuard.objects.all().delete()
    assert left(alice, paid.data["id"]) == (1, 100_00, 0)


def test_a_key_belongs_to_one_transfer(world: World, alice: Caller, charlie: Caller) -> None:
    one, two = sent(alice, world)["id"], sent(alice, world)["id"]
    assert charlie.move(f"/transfers/{one}/reverse", {}, "k").status == 201
    other = charlie.move(f"/transfers/{two}/reverse", {}, "k")
    assert (other.status, other.code) == (422, "idempotency_key_reused")
    assert charlie.post(f"/transfers/{two}/reverse", {}).code == "idempotency_key_missing"
    assert left(alice, two) == (0, 0, 100_00)


@pytest.mark.parametrize("name", [UNKNOWN, "trf_x", "hld_01h455vb4pex5vsknk084sn02q"])
def test_a_transfer_that_is_not_there(world: World, alice: Caller, name: str) -> None:
    answer = alice.move(f"/transfers/{name}/reverse", {})
    assert answer.status == 404
    assert alice.get("/transfers?reverses=x").status == 400


@pytest.mark.parametrize("amount", [0, -1, "1", 1.0, True, None, 2**53])
def test_what_is_not_an_amount(
    world: World, alice: Caller, charlie: Caller, amount: object
) -> None:
    paid = sent(alice, world)["id"]
    answer = charlie.move(f"/transfers/{paid}/reverse", {"amount_minor": amount})
    assert answer.status in (400, 422)
    assert answer.code in ("invalid_request", "unacceptable_value")
    assert left(alice, paid) == (0, 0, 100_00)


def test_a_fee_is_shown_to_who_charged_it_only(
    world: World, alice: Caller, charlie: Caller
) -> None:
    charge(world, fixed_minor=5_00)
    paid = sent(alice, world)
    assert paid["fee"] == {"amount_minor": 5_00, "currency": "INR", "display": "₹5.00"}
    assert charlie.get(f"/transfers/{paid['id']}").data["fee"] is None
    assert world.balance(world.alice_wallet) == ALICE - 105_00

    part = charlie.move(f"/transfers/{paid['id']}/reverse", {"amount_minor": 40_00}).data["id"]
    returned = moved(given_back(world, decode("trf", paid["id"]), by=world.olga))
    rest = encode("trf", returned.id)
    assert alice.get(f"/transfers/{part}").data["fee"]["amount_minor"] == 0
    assert alice.get(f"/transfers/{rest}").data["fee"]["amount_minor"] == 5_00
    for back in (part, rest):
        assert charlie.get(f"/transfers/{back}").data["fee"] is None
    assert world.balance(world.alice_wallet) == ALICE


def test_a_fee_that_changed_since_it_was_shown(world: World, alice: Caller) -> None:
    charge(world, fixed_minor=5_00)
    for agreed in (0, 4_99, 5_01):
        refused = alice.move("/transfers", order(world, expected_fee_minor=agreed), f"k-{agreed}")
        assert (refused.status, refused.code) == (422, "fee_changed")
    assert world.balance(world.alice_wallet) == ALICE
    agreed_to = order(world, expected_fee_minor=5_00)
    paid = alice.move("/transfers", agreed_to, "k")
    assert (paid.status, paid.data["fee"]["amount_minor"]) == (201, 5_00)
    assert alice.move("/transfers", agreed_to, "k").body == paid.body
    other = alice.move("/transfers", order(world), "k")
    assert other.code == "idempotency_key_reused"
    for wrong in (-1, "5", 5.0, 2**53):
        assert alice.move("/transfers", order(world, expected_fee_minor=wrong)).status in (400, 422)
    assert world.balance(world.alice_wallet) == ALICE - 105_00


def test_each_item_of_a_batch_agrees_to_its_own_fee(world: World, alice: Caller) -> None:
    charge(world, fixed_minor=0, bps=100)
    items = [order(world, expected_fee_minor=fee) for fee in (1_00, 99)]
    answer = alice.move("/transfers/batch", {"items": items})
    assert [item["code"] for item in answer.data["items"]] == [None, "fee_changed"]
    assert answer.data["items"][0]["transfer"]["fee"]["display"] == "₹1.00"
    assert world.balance(world.alice_wallet) == ALICE - 101_00


def test_a_page_is_expanded_by_one_statement(world: World, alice: Caller, charlie: Caller) -> None:
    def asked() -> int:
        with statements() as found:
            alice.get("/transfers?expand=reversals")
        return len(found)

    charlie.move(f"/transfers/{sent(alice, world)['id']}/reverse", {})
    before = asked()
    for _ in range(3):
        charlie.move(f"/transfers/{sent(alice, world)['id']}/reverse", {})
    assert asked() == before


def test_the_other_side_learns_no_fee_from_events(
    world: World, alice: Caller, charlie: Caller
) -> None:
    """The platform gives back; that Acme's fee returns, too, is told in Acme only."""
    charge(world, fixed_minor=5_00)
    paid = sent(alice, world)["id"]
    moved(given_back(world, decode("trf", paid), by=world.olga))

    def told(caller: Caller) -> tuple[str, int]:
        records = caller.get("/audit/records?action=wallets.transfer.complete&limit=1").data
        found = records["data"][0]["metadata"]
        return found["kind"], found["fee_minor"]

    assert (told(alice), told(charlie)) == (("reversal", 5_00), ("reversal", 0))
