"""What if money came in, went out, was captured or given back? Asked through the front door."""

from __future__ import annotations

from typing import Any

import pytest

from kernel import ids
from tests.api.conftest import Caller, order
from tests.api.test_dry_run import left, limited
from tests.api.test_holds import later, placed
from tests.world import World
from wallets.choices import TransferKind
from wallets.services.wallets import close_wallet, suspend_wallet
from wallets.tests.asking import charged, stopped
from wallets.tests.test_reversals import charge

pytestmark = pytest.mark.django_db

ALICE, ACME, CHARLIE = 1_00_000_00, 5_00_000_00, 50_000_00
NOTHING = {"fee": None, "source": None, "destination": None, "limits": None}


def cash(world: World, **changes: Any) -> dict[str, Any]:
    """A hundred rupees of Alice's crossed the bank account."""
    asked = {"wallet": world.alice_wallet.handle, "amount_minor": 100_00, "currency": "INR"}
    return {**asked, "external_reference": "UTR-1", **changes}


def shown(balances: dict[str, Any]) -> tuple[int, int, int]:
    return balances["posted_minor"], balances["held_minor"], balances["available_minor"]


def as_shown(caller: Caller, wallet: str) -> tuple[int, int, int]:
    """The wallet as it can be read."""
    return shown(caller.get(f"/wallets/{wallet}").data)


def test_a_deposit(world: World, olga: Caller) -> None:
    found = olga.post("/deposits/dry-run", cash(world)).data
    assert (found["status"], found["code"], found["problem"]) == (201, None, None)
    assert (found["source"], found["limits"]) == (None, None)
    assert found["fee"] == {"amount_minor": 0, "currency": "INR", "display": "₹0.00"}
    assert shown(found["destination"]) == (ALICE + 100_00, 0, ALICE + 100_00)
    assert found["destination"]["available_display"] == "₹1,00,100.00"

    olga.move("/deposits", cash(world))
    assert as_shown(olga, world.alice_wallet.handle) == shown(found["destination"])


def test_a_withdrawal_with_its_fee_and_its_limit(world: World, olga: Caller) -> None:
    charged(world, TransferKind.WITHDRAWAL)
    limited(world, day_minor=500_00, month_minor=900_00)
    found = olga.post("/withdrawals/dry-run", cash(world)).data
    assert (found["fee"]["display"], found["destination"]) == ("₹4.00", None)
    assert shown(found["source"]) == (ALICE - 104_00, 0, ALICE - 104_00)
    assert left(found["limits"]) == (400_00, 800_00)

    olga.move("/withdrawals", cash(world))
    assert as_shown(olga, world.alice_wallet.handle) == shown(found["source"])
    limits = olga.get(f"/wallets/{world.alice_wallet.handle}/limits").data
    assert (limits["day"], limits["month"]) == (found["limits"]["day"], found["limits"]["month"])


def test_a_capture_and_one_that_frees_the_rest(world: World, alice: Caller) -> None:
    charged(world, TransferKind.CAPTURE)
    limited(world, day_minor=500_00, month_minor=None)
    hold = placed(alice, world)["id"]
    part = alice.post(f"/holds/{hold}/capture/dry-run", {"amount_minor": 300_00}).data
    final = {"amount_minor": 300_00, "final": True}
    found = alice.post(f"/holds/{hold}/capture/dry-run", final).data
    # Of the 13.00 that are reserved for 1,000.00, what 300.00 take.
    assert (found["status"], found["fee"]["amount_minor"]) == (201, 3_90)
    assert shown(part["source"]) == (ALICE - 303_90, 709_10, ALICE - 1_013_00)
    assert shown(found["source"]) == (ALICE - 303_90, 0, ALICE - 303_90)
    assert found["destination"]["posted_minor"] == ACME + 300_00
    assert found["limits"]["day"]["left_minor"] == 200_00

    alice.move(f"/holds/{hold}/capture", final)
    assert as_shown(alice, world.alice_wallet.handle) == shown(found["source"])
    assert as_shown(alice, world.acme_wallet.handle) == shown(found["destination"])


def test_given_back_across_shows_each_side_its_own(
    world: World, alice: Caller, charlie: Caller
) -> None:
    charge(world)
    paid = alice.move("/transfers", order(world)).data["id"]
    found = charlie.post(f"/transfers/{paid}/reverse/dry-run", {}).data
    assert (found["status"], found["code"]) == (201, None)
    assert shown(found["source"]) == (CHARLIE, 0, CHARLIE)
    # Alice's wallet, her limits and what Acme charged her are not Charlie's to see.
    assert (found["destination"], found["limits"], found["fee"]) == (None, None, None)

    done = charlie.move(f"/transfers/{paid}/reverse", {})
    assert (done.status, done.data["fee"]) == (201, None)
    assert as_shown(charlie, world.charlie_wallet.handle) == shown(found["source"])


def test_given_back_inside_with_its_fee_and_its_limit(world: World, alice: Caller) -> None:
    charge(world)
    limited(world, day_minor=500_00, month_minor=900_00)
    inside = order(world, destination_wallet=world.acme_wallet.handle)
    paid = alice.move("/transfers", inside).data["id"]
    part = alice.post(f"/transfers/{paid}/reverse/dry-run", {"amount_minor": 40_00}).data
    found = alice.post(f"/transfers/{paid}/reverse/dry-run", {}).data
    assert [one["fee"]["amount_minor"] for one in (part, found)] == [0, 5_00]
    assert [one["source"]["posted_minor"] for one in (part, found)] == [ACME + 60_00, ACME]
    assert shown(part["destination"]) == (ALICE - 65_00, 0, ALICE - 65_00)
    assert shown(found["destination"]) == (ALICE, 0, ALICE)
    assert [left(one["limits"]) for one in (part, found)] == [(440_00, 840_00), (500_00, 900_00)]

    alice.move(f"/transfers/{paid}/reverse", {})
    limits = alice.get(f"/wallets/{world.alice_wallet.handle}/limits").data
    assert (limits["day"], limits["month"]) == (found["limits"]["day"], found["limits"]["month"])


def test_captures_that_would_be_refused(world: World, alice: Caller) -> None:
    hold = placed(alice, world, expires_in_seconds=60)["id"]
    alice.move(f"/holds/{hold}/capture", {"amount_minor": 400_00})
    _refused(alice, f"/holds/{hold}/capture", {"amount_minor": 600_01}, "capture_exceeds_hold")
    said = alice.post(f"/holds/{hold}/capture/dry-run", {"amount_minor": 600_01}).data
    assert said["problem"]["facts"] == {"remaining_minor": 600_00}
    with later(61):
        _refused(alice, f"/holds/{hold}/capture", {}, "hold_ended")
    voided = placed(alice, world)["id"]
    alice.post(f"/holds/{voided}/void", {})
    _refused(alice, f"/holds/{voided}/capture", {}, "hold_ended")
    assert as_shown(alice, world.alice_wallet.handle)[0] == ALICE - 400_00


def test_reversals_that_would_be_refused(world: World, alice: Caller, charlie: Caller) -> None:
    paid = alice.move("/transfers", order(world)).data["id"]
    back = charlie.move(f"/transfers/{paid}/reverse", {"amount_minor": 60_00}).data["id"]
    alice.move("/transfers", order(world, amount_minor=ALICE))
    failed = alice.get("/transfers?state=FAILED").data["data"][0]["id"]

    more = {"amount_minor": 40_01}
    _refused(charlie, f"/transfers/{paid}/reverse", more, "reversal_exceeds_original")
    _refused(alice, f"/transfers/{paid}/reverse", {}, "permission_denied")
    for path, code in ((back, "reversal_of_reversal"), (failed, "transfer_not_completed")):
        _refused(alice, f"/transfers/{path}/reverse", {}, code)
        found = alice.post(f"/transfers/{path}/reverse/dry-run", {}).data
        assert {name: found[name] for name in NOTHING} == NOTHING
    assert world.balance(world.charlie_wallet) == CHARLIE + 40_00


@pytest.mark.parametrize(
    ("door", "changes", "code"),
    [
        ("/deposits", {"wallet": "VC-000000"}, "destination_wallet_not_found"),
        ("/withdrawals", {"wallet": "VC-000000"}, "source_wallet_not_found"),
        ("/deposits", {"currency": "JPY"}, "wallet_currency_mismatch"),
        ("/withdrawals", {"amount_minor": ALICE + 1}, "insufficient_funds"),
        ("/withdrawals", {"amount_minor": 500_01}, "daily_limit_exceeded"),
        ("/deposits", {"amount_minor": 2**53 - 1}, "balance_out_of_range"),
    ],
)
def test_cash_that_would_be_refused(
    world: World, olga: Caller, door: str, changes: dict[str, Any], code: str
) -> None:
    if code == "daily_limit_exceeded":
        limited(world, day_minor=500_00, month_minor=None)
    _refused(olga, door, cash(world, **changes), code)
    assert world.balance(world.alice_wallet) == ALICE


@pytest.mark.parametrize(
    ("change", "state"), [(suspend_wallet, "suspended"), (close_wallet, "closed")]
)
def test_a_wallet_that_is_suspended_or_closed(
    world: World, alice: Caller, olga: Caller, change: Any, state: str
) -> None:
    alice.move("/transfers", order(world, amount_minor=ALICE))
    stopped(world, world.alice_wallet, change)
    for door, end in (("/deposits", "destination"), ("/withdrawals", "source")):
        _refused(olga, door, cash(world), f"{end}_wallet_{state}")


def test_a_bank_reference_that_was_taken_is_told(world: World, olga: Caller) -> None:
    olga.move("/deposits", cash(world))
    _refused(olga, "/deposits", cash(world, amount_minor=1), "external_reference_used")
    assert olga.post("/withdrawals/dry-run", cash(world)).data["status"] == 201


def _refused(caller: Caller, door: str, body: dict[str, Any], code: str) -> None:
    """Asked or done, it is refused for the same reason with the same status."""
    said = caller.post(f"{door}/dry-run", body)
    done = caller.move(door, body)
    assert (said.status, said.data["code"]) == (200, code), said.body
    assert (done.status, done.code) == (said.data["status"], code)
    assert said.data["problem"]["type"] == f"/api/v1/errors#{code}"
    assert (said.data["source"], said.data["destination"]) == (None, None)


UNKNOWN = {
    "/holds/{}/capture": f"hld_0{'0' * 25}",
    "/transfers/{}/reverse": f"trf_0{'0' * 25}",
    "/ledger/transactions/{}/reverse": f"txn_0{'0' * 25}",
}


@pytest.mark.parametrize("door", UNKNOWN)
@pytest.mark.parametrize("name", ["unknown", "nonsense", "of another kind", "another's"])
def test_what_the_address_names_is_not_there(
    world: World, alice: Caller, charlie: Caller, door: str, name: str
) -> None:
    inside = order(world, destination_wallet=world.acme_wallet.handle)
    paid = alice.move("/transfers", inside).data
    theirs = {
        "/holds/{}/capture": placed(alice, world)["id"],
        "/transfers/{}/reverse": paid["id"],
        "/ledger/transactions/{}/reverse": paid["source_transaction"],
    }
    wanted = {
        "unknown": UNKNOWN[door],
        "nonsense": "x",
        "of another kind": ids.encode("wal", world.alice_wallet.id),
        "another's": theirs[door],
    }[name]
    body = {"description": "x"}
    said = charlie.post(f"{door.format(wanted)}/dry-run", body)
    done = charlie.move(door.format(wanted), body)
    assert (said.status, said.code) == (done.status, done.code)
    assert said.status == 404


NONSENSE: tuple[Any, ...] = (
    "all of it",
    [],
    {"items": [{}, {}]},
    {"amount_minor": -1},
    {"amount_minor": "one"},
    {"amount_minor": 1.5},
    {"amount_minor": 0},
    {"amount_minor": 2**53},
    {"really": False},
    {"description": "a\u202eb"},
    {"final": "perhaps"},
    {"external_reference": ""},
    {"wallet": "'; DROP TABLE"},
    {"amounts": [{"seq": 0, "amount_minor": 5}]},
)


@pytest.mark.parametrize("given", NONSENSE, ids=str)
def test_nonsense_has_the_problem_that_it_would_have(
    world: World, alice: Caller, olga: Caller, given: Any
) -> None:
    hold = placed(alice, world)["id"]
    paid = alice.move("/transfers", order(world)).data
    undone = f"/ledger/transactions/{paid['source_transaction']}/reverse"
    for caller, door, body in (
        (olga, "/deposits", cash(world)),
        (olga, "/withdrawals", cash(world)),
        (alice, f"/holds/{hold}/capture", {}),
        (alice, f"/transfers/{paid['id']}/reverse", {}),
        (alice, undone, {"description": "x"}),
    ):
        asked = {**body, **given} if isinstance(given, dict) else given
        said, done = caller.post(f"{door}/dry-run", asked), caller.move(door, asked)
        assert (said.status, said.code) == (done.status, done.code), (door, said.body)
        assert (said.status, said.code) in (
            (400, "invalid_request"),
            (400, "malformed_json"),
            (422, "unacceptable_value"),
        )
        assert said.data["errors"] == done.data["errors"]
    assert world.balance(world.alice_wallet) == ALICE - 100_00
