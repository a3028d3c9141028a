"""Holds through the front door."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest

from api.idempotency.models import IdempotencyGuard
from kernel.actor import Door, system
from kernel.context import reading
from ledger.services.holds import reap_overdue_holds
from tests.api.conftest import Caller, order
from tests.world import World
from wallets.models import Wallet, WalletHold
from wallets.tests.test_hold_fees import charge_captures

pytestmark = pytest.mark.django_db

ALICE = 1_00_000_00
ACME = 5_00_000_00
UNKNOWN = f"hld_0{'0' * 25}"


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
    """Posted, held and available, as Alice's wallet shows them in the list and by itself."""
    shown = caller.get(f"/wallets/{world.alice_wallet.handle}").data
    listed = {one["id"]: one for one in caller.get("/wallets").data["data"]}
    assert listed[shown["id"]] == shown
    return shown["posted_minor"], shown["held_minor"], shown["available_minor"]


def sums(hold: dict[str, Any]) -> tuple[str, int, int, int]:
    return (
        hold["state"],
        hold["captured_minor"],
        hold["released_minor"],
        hold["remaining_minor"],
    )


def kept_on_account(world: World) -> int:
    """What the books keep as held, whether overdue or not."""
    with reading(world.actor(world.olga)):
        wallet = Wallet.objects.select_related("account").get(id=world.alice_wallet.id)
        return wallet.account.held_minor


@contextlib.contextmanager
def later(seconds: int) -> Iterator[None]:
    """The doors' clock, moved on; sessions live for 15 minutes."""
    moment = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds)
    with mock.patch("kernel.clock.now", return_value=moment):
        yield


def test_a_hold_is_placed(world: World, alice: Caller) -> None:
    answer = alice.move("/holds", hold_order(world, description="Hotel", metadata={"room": "7"}))

    hold = answer.data
    assert answer.status == 201
    assert hold["id"].startswith("hld_")
    assert answer.headers["Location"] == f"/api/v1/holds/{hold['id']}"
    assert (hold["amount_minor"], hold["display"]) == (1_000_00, "₹1,000.00")
    assert sums(hold) == ("OPEN", 0, 0, 1_000_00)
    assert hold["source"]["handle"] == world.alice_wallet.handle
    assert (hold["source"]["name"], hold["destination"]["name"]) == ("Alice", "Acme")
    assert (hold["description"], hold["metadata"]) == ("Hotel", {"room": "7"})
    assert (hold["made_by"]["name"], hold["made_by"]["door"]) == ("Alice", "api")
    assert hold["ended_at"] is None
    assert alice.get(f"/holds/{hold['id']}").data == hold
    assert money(alice, world) == (ALICE, 1_000_00, ALICE - 1_000_00)


def test_it_lasts_a_week_unless_it_is_told(world: World, alice: Caller) -> None:
    for changes, lasts in (
        ({}, 7 * 86_400),
        ({"expires_in_seconds": 90}, 90),
        ({"expires_in_seconds": 30 * 86_400}, 30 * 86_400),
    ):
        hold = placed(alice, world, amount_minor=1, **changes)
        begin, end = (dt.datetime.fromisoformat(hold[at]) for at in ("created_at", "expires_at"))
        assert (end - begin).total_seconds() == lasts

    tomorrow = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    told = placed(alice, world, amount_minor=1, expires_at=tomorrow.isoformat())
    assert dt.datetime.fromisoformat(told["expires_at"]) == tomorrow


def test_captured_in_parts_and_the_rest_let_go(world: World, alice: Caller) -> None:
    hold = placed(alice, world)
    first = alice.move(f"/holds/{hold['id']}/capture", {"amount_minor": 300_00})
    second = alice.move(f"/holds/{hold['id']}/capture", {"amount_minor": 200_00})
    let_go = alice.post(f"/holds/{hold['id']}/void", {})

    assert (first.status, second.status, let_go.status) == (201, 201, 200)
    assert (first.data["kind"], first.data["amount_minor"]) == ("capture", 300_00)
    assert first.data["hold"] == hold["id"]
    assert sums(let_go.data) == ("VOIDED", 500_00, 500_00, 0)
    assert alice.get(f"/holds/{hold['id']}").data == let_go.data
    assert money(alice, world) == (ALICE - 500_00, 0, ALICE - 500_00)
    assert world.balance(world.acme_wallet) == ACME + 500_00
    captures = alice.get(f"/transfers?hold={hold['id']}").data["data"]
    assert [one["id"] for one in captures] == [second.data["id"], first.data["id"]]


def fee(hold: dict[str, Any]) -> tuple[int, int, int]:
    return hold["fee_minor"], hold["fee_captured_minor"], hold["fee_remaining_minor"]


def test_the_fee_is_fixed_at_placing_and_taken_in_shares(world: World, alice: Caller) -> None:
    """1 % of 1,000.00: 10.00 are held on top; 300.00 take 3.00, and voiding frees 7.00."""
    charge_captures(world, fixed_minor=0, bps=100)
    hold = placed(alice, world)
    assert (fee(hold), sums(hold)) == ((10_00, 0, 10_00), ("OPEN", 0, 0, 1_000_00))
    assert money(alice, world) == (ALICE, 1_010_00, ALICE - 1_010_00)

    taken = alice.move(f"/holds/{hold['id']}/capture", {"amount_minor": 300_00}).data
    assert taken["fee"]["amount_minor"] == 3_00
    assert fee(alice.get(f"/holds/{hold['id']}").data) == (10_00, 3_00, 7_00)
    assert fee(alice.post(f"/holds/{hold['id']}/void", {}).data) == (10_00, 3_00, 0)
    assert money(alice, world) == (ALICE - 303_00, 0, ALICE - 303_00)


def test_a_fee_that_ran_out_is_free_for_every_reader(world: World, alice: Caller) -> None:
    charge_captures(world)
    hold = placed(alice, world, expires_in_seconds=60)
    with later(61):
        assert fee(alice.get(f"/holds/{hold['id']}").data) == (10_00, 0, 0)
        assert money(alice, world) == (ALICE, 0, ALICE)
    assert kept_on_account(world) == 1_010_00


def test_another_fee_than_agreed_reserves_nothing(world: World, alice: Caller) -> None:
    charge_captures(world)
    refused = alice.move("/holds", hold_order(world, expected_fee_minor=0), "agreed")
    assert (refused.status, refused.code) == (422, "fee_changed")
    assert refused.data["facts"]["fee_minor"] == 10_00
    assert money(alice, world) == (ALICE, 0, ALICE)
    assert placed(alice, world, expected_fee_minor=10_00)["fee_minor"] == 10_00


def test_the_dry_run_of_a_hold_shows_its_fee(world: World, alice: Caller) -> None:
    charge_captures(world)
    found = alice.post("/holds/dry-run", hold_order(world)).data
    assert (found["status"], found["fee"]["display"]) == (201, "₹10.00")
    assert found["source"]["held_minor"] == 1_010_00
    short = alice.post("/holds/dry-run", hold_order(world, amount_minor=ALICE)).data
    assert (short["code"], short["fee"]) == ("insufficient_funds", None)
    assert money(alice, world) == (ALICE, 0, ALICE)


def test_a_final_capture_frees_the_rest(world: World, alice: Caller) -> None:
    hold = placed(alice, world, description="Hotel")
    taken = alice.move(f"/holds/{hold['id']}/capture", {"amount_minor": 900_00, "final": True})

    assert (taken.data["amount_minor"], taken.data["description"]) == (900_00, "Hotel")
    assert sums(alice.get(f"/holds/{hold['id']}").data) == ("CAPTURED", 900_00, 100_00, 0)
    assert money(alice, world) == (ALICE - 900_00, 0, ALICE - 900_00)


def test_without_an_amount_everything_left_is_captured(world: World, alice: Caller) -> None:
    hold = placed(alice, world)
    alice.move(f"/holds/{hold['id']}/capture", {"amount_minor": 1})
    rest = alice.move(f"/holds/{hold['id']}/capture", {"description": "The rest"})

    assert (rest.data["amount_minor"], rest.data["description"]) == (999_99, "The rest")
    assert sums(alice.get(f"/holds/{hold['id']}").data) == ("CAPTURED", 1_000_00, 0, 0)


def test_more_than_is_left_is_refused_and_kept(world: World, alice: Caller) -> None:
    hold = placed(alice, world)
    refused = alice.move(f"/holds/{hold['id']}/capture", {"amount_minor": 1_000_01})

    assert (refused.status, refused.code) == (422, "capture_exceeds_hold")
    kept = alice.get(f"/transfers/{refused.data['facts']['transfer']}").data
    assert (kept["state"], kept["hold"]) == ("FAILED", hold["id"])
    assert sums(alice.get(f"/holds/{hold['id']}").data) == ("OPEN", 0, 0, 1_000_00)
    assert money(alice, world) == (ALICE, 1_000_00, ALICE - 1_000_00)


def test_an_overdue_hold_has_ended_before_anybody_tidied_it(world: World, alice: Caller) -> None:
    hold = placed(alice, world, expires_in_seconds=60)
    alice.move(f"/holds/{hold['id']}/capture", {"amount_minor": 400_00})
    with later(61):
        seen = alice.get(f"/holds/{hold['id']}").data
        assert sums(seen) == ("EXPIRED", 400_00, 600_00, 0)
        assert seen["ended_at"] == hold["expires_at"]
        assert kept_on_account(world) == 600_00
        assert money(alice, world) == (ALICE - 400_00, 0, ALICE - 400_00)
        # What is shown as available can be spent: the payment releases the hold.
        assert alice.move("/transfers", order(world, amount_minor=ALICE - 400_00)).status == 201
        assert kept_on_account(world) == 0
        assert alice.get(f"/holds/{hold['id']}").data == seen


def test_an_overdue_hold_is_neither_captured_nor_voided(world: World, alice: Caller) -> None:
    hold = placed(alice, world, expires_in_seconds=60)
    with later(61):
        void = alice.post(f"/holds/{hold['id']}/void", {})
        capture = alice.move(f"/holds/{hold['id']}/capture", {})
        assert (void.status, void.code) == (422, "hold_ended")
        assert (capture.status, capture.code) == (422, "hold_ended")
        assert money(alice, world) == (ALICE, 0, ALICE)
    assert world.balance(world.acme_wallet) == ACME


def test_lists_by_the_state_of_the_moment(world: World, alice: Caller) -> None:
    opened = placed(alice, world, amount_minor=1)["id"]
    overdue = placed(alice, world, amount_minor=2, expires_in_seconds=60)["id"]
    reaped = placed(alice, world, amount_minor=3, expires_in_seconds=30)["id"]
    voided = placed(alice, world, amount_minor=4)["id"]
    alice.post(f"/holds/{voided}/void")
    reap_overdue_holds(
        actor=system(door=Door.TASK, request_id="reaper"),
        now=dt.datetime.now(dt.UTC) + dt.timedelta(seconds=45),
    )

    def found(query: str) -> list[str]:
        answer = alice.get(f"/holds?{query}")
        assert answer.status == 200, answer.body
        return [one["id"] for one in answer.data["data"]]

    with later(61):
        assert found("state=OPEN") == [opened]
        assert found("state=EXPIRED") == [reaped, overdue]
        assert found("state=VOIDED") == [voided]
        assert found("state=CAPTURED") == []
        assert found("currency=INR") == [voided, reaped, overdue, opened]
        assert found("currency=USD") == []
    acme = alice.get(f"/wallets/{world.acme_wallet.handle}").data["id"]
    assert len(found(f"wallet={acme}")) == 4
    assert len(found(f"wallet={world.acme_wallet.handle.lower()}")) == 4
    assert found(f"wallet={world.charlie_wallet.handle}") == []
    assert alice.get("/holds?state=open").status == 400


def test_pages(world: World, alice: Caller) -> None:
    holds = [placed(alice, world, amount_minor=amount)["id"] for amount in (1, 2, 3)]
    page, walked = alice.get("/holds?limit=2").data, []
    walked += [one["id"] for one in page["data"]]
    page = alice.get(page["next"].partition("/api/v1")[2]).data
    walked += [one["id"] for one in page["data"]]
    assert (walked, page["has_more"]) == (holds[::-1], False)


def test_who_it_is_for_may_capture_in_the_same_organization(
    world: World, alice: Caller, bob: Caller, olga: Caller, acme_key: Caller
) -> None:
    hold = placed(alice, world)
    path = f"/holds/{hold['id']}/capture"
    for onlooker in (bob, olga):
        assert onlooker.move(path, {"amount_minor": 1}).code == "permission_denied"
    assert bob.post(f"/holds/{hold['id']}/void").code == "permission_denied"
    assert acme_key.move(path, {"amount_minor": 1}).status == 201
    assert acme_key.get(f"/holds/{hold['id']}").data["captured_minor"] == 1
    assert olga.post(f"/holds/{hold['id']}/void").data["state"] == "VOIDED"


def test_the_other_organization_sees_the_money_and_no_hold(
    world: World, alice: Caller, charlie: Caller
) -> None:
    hold = placed(alice, world, destination_wallet=world.charlie_wallet.handle)
    assert hold["destination"]["wallet"] is None
    taken = alice.move(f"/holds/{hold['id']}/capture", {"amount_minor": 250_00}).data

    for answer in (
        charlie.get(f"/holds/{hold['id']}"),
        charlie.move(f"/holds/{hold['id']}/capture", {}),
        charlie.post(f"/holds/{hold['id']}/void"),
    ):
        assert (answer.status, answer.code) == (404, "wallet_hold_not_found")
    assert charlie.get("/holds").data["data"] == []
    assert charlie.get(f"/transfers?hold={hold['id']}").data["data"] == []
    received = charlie.get(f"/transfers/{taken['id']}").data
    assert (received["amount_minor"], received["hold"], received["fee"]) == (250_00, None, None)
    assert money(alice, world) == (ALICE - 250_00, 750_00, ALICE - 1_000_00)
    assert world.balance(world.charlie_wallet) == 50_000_00 + 250_00


def test_the_answer_is_the_same_for_ever(world: World, alice: Caller) -> None:
    """Also when the guard was lost, and the hold captured and ended meanwhile."""
    wanted = hold_order(world, expires_in_seconds=600)
    first = alice.move("/holds", wanted, "h-1")
    capture = f"/holds/{first.data['id']}/capture"
    taken = alice.move(capture, {}, "c-1")
    for _ in range(2):
        for before, path, body, key in (
            (first, "/holds", wanted, "h-1"),
            (taken, capture, {}, "c-1"),
        ):
            again = alice.move(path, body, key)
            assert (again.status, again.body) == (before.status, before.body)
            assert again.headers["Location"] == before.headers["Location"]
            assert again.headers["Idempotent-Replayed"] == "true"
        with reading(system(door=Door.TASK, request_id="test")):
            IdempotencyGuard.objects.all().delete()
    assert "Idempotent-Replayed" not in first.headers
    assert world.balance(world.acme_wallet) == ACME + 1_000_00
    with reading(world.actor(world.olga)):
        assert WalletHold.objects.count() == 1


def test_a_key_belongs_to_one_hold_and_one_body(world: World, alice: Caller) -> None:
    one, two = placed(alice, world)["id"], placed(alice, world)["id"]
    assert alice.move(f"/holds/{one}/capture", {"amount_minor": 1}, "k").status == 201
    for hold, amount in ((two, 1), (one, 2)):
        answer = alice.move(f"/holds/{hold}/capture", {"amount_minor": amount}, "k")
        assert (answer.status, answer.code) == (422, "idempotency_key_reused")
    assert alice.move("/holds", hold_order(world), "h").status == 201
    answer = alice.move("/holds", hold_order(world, description="Other"), "h")
    assert answer.code == "idempotency_key_reused"
    assert world.balance(world.acme_wallet) == ACME + 1


PAST, FAR = "2026-01-01T00:00:00Z", "2126-01-01T00:00:00Z"
REFUSED: dict[str, tuple[dict[str, Any], int, str]] = {
    "too much": ({"amount_minor": ALICE + 1}, 422, "insufficient_funds"),
    "the past": ({"expires_at": PAST}, 422, "hold_expiry_invalid"),
    "too late": ({"expires_at": FAR}, 422, "hold_expiry_invalid"),
    "said twice": ({"expires_at": FAR, "expires_in_seconds": 5}, 422, "hold_expiry_invalid"),
    "no time": ({"expires_in_seconds": 0}, 400, "invalid_request"),
    "31 days": ({"expires_in_seconds": 31 * 86_400}, 400, "invalid_request"),
    "seconds as text": ({"expires_in_seconds": "60"}, 400, "invalid_request"),
    "no time zone": ({"expires_at": "2026-11-21T00:00:00"}, 400, "invalid_request"),
    "another currency": ({"currency": "USD"}, 422, "wallet_currency_mismatch"),
    "three decimals": ({"currency": "KWD"}, 422, "wallet_currency_mismatch"),
    "no currency": ({"currency": "XXX"}, 422, "wallet_currency_mismatch"),
    "unknown source": ({"source_wallet": "VC-000000"}, 422, "source_wallet_not_found"),
    "unknown payee": ({"destination_wallet": "VC-000000"}, 422, "destination_wallet_not_found"),
    "nothing": ({"amount_minor": 0}, 400, "invalid_request"),
    "a fraction": ({"amount_minor": 1.0}, 422, "unacceptable_value"),
    "an unknown member": ({"capture": True}, 400, "invalid_request"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_reserved(world: World, alice: Caller, name: str) -> None:
    changes, status, code = REFUSED[name]
    answer = alice.move("/holds", hold_order(world, **changes))

    assert (answer.status, answer.code) == (status, code), answer.body
    assert money(alice, world) == (ALICE, 0, ALICE)
    assert alice.get("/holds").data["data"] == []


def test_from_whose_wallet(world: World, alice: Caller, charlie: Caller, acme_key: Caller) -> None:
    theirs = charlie.move("/holds", hold_order(world))
    assert (theirs.status, theirs.code) == (422, "source_wallet_not_found")
    assert acme_key.move("/holds", hold_order(world)).code == "permission_denied"
    own = {"destination_wallet": world.alice_wallet.handle}
    assert alice.move("/holds", hold_order(world, **own)).code == "same_wallet"
    assert alice.post("/holds", hold_order(world)).code == "idempotency_key_missing"
    assert money(alice, world) == (ALICE, 0, ALICE)


def test_a_frozen_wallet_reserves_nothing_and_pays_no_capture(world: World, alice: Caller) -> None:
    hold = placed(alice, world)
    alice.post(f"/wallets/{world.alice_wallet.handle}/freeze", {})

    assert alice.move("/holds", hold_order(world)).code == "source_wallet_frozen"
    answer = alice.move(f"/holds/{hold['id']}/capture", {})
    assert answer.code == "source_wallet_frozen"
    assert sums(alice.get(f"/holds/{hold['id']}").data) == ("OPEN", 0, 0, 1_000_00)


def test_a_closed_wallet_reserves_nothing(world: World, alice: Caller) -> None:
    alice.move("/transfers", order(world, amount_minor=ALICE))
    alice.post(f"/wallets/{world.alice_wallet.handle}/close", {})
    refused = alice.move("/holds", hold_order(world))
    told = alice.post("/holds/dry-run", hold_order(world)).data

    assert (refused.status, refused.code) == (422, "source_wallet_closed")
    assert refused.data["errors"][0]["pointer"] == "/source_wallet"
    assert (told["status"], told["code"]) == (422, "source_wallet_closed")


def test_nothing_is_reserved_for_a_wallet_that_is_closed(
    world: World, alice: Caller, charlie: Caller
) -> None:
    away = {"destination_wallet": world.charlie_wallet.handle}
    charlie.move(
        "/transfers",
        order(
            world,
            source_wallet=world.charlie_wallet.handle,
            destination_wallet=world.alice_wallet.handle,
            amount_minor=50_000_00,
        ),
    )
    charlie.post(f"/wallets/{world.charlie_wallet.handle}/close", {})
    refused = alice.move("/holds", hold_order(world, **away))
    told = alice.post("/holds/dry-run", hold_order(world, **away)).data

    assert (refused.status, refused.code) == (422, "destination_wallet_closed")
    assert refused.data["errors"][0]["pointer"] == "/destination_wallet"
    assert (told["status"], told["code"]) == (422, "destination_wallet_closed")
    assert alice.get("/holds").data["data"] == []


@pytest.mark.parametrize("name", [UNKNOWN, "hld_x", "trf_01h455vb4pex5vsknk084sn02q", "x"])
def test_a_hold_that_is_not_there(world: World, alice: Caller, name: str) -> None:
    answers = [
        alice.get(f"/holds/{name}"),
        alice.move(f"/holds/{name}/capture", {}),
        alice.post(f"/holds/{name}/void"),
    ]
    assert [answer.status for answer in answers] == [404] * 3
    assert alice.get("/transfers?hold=x").status == 400
    assert alice.get(f"/transfers?hold={UNKNOWN}").data["data"] == []
    assert world.balance(world.alice_wallet) == ALICE


def test_voided_twice_is_voided_once(world: World, alice: Caller) -> None:
    hold = placed(alice, world)
    first, again = (alice.post(f"/holds/{hold['id']}/void") for _ in range(2))
    assert (first.status, first.body) == (200, again.body)
    captured = alice.move(f"/holds/{hold['id']}/capture", {})
    assert (captured.status, captured.code) == (422, "hold_ended")
    with_body = alice.post(f"/holds/{hold['id']}/void", {"reason": "x"})
    assert (with_body.status, with_body.code) == (400, "invalid_request")
