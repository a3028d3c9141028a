"""Fees and limits through the front door."""

from __future__ import annotations

from typing import Any

import pytest

from kernel import ids
from tests.api.conftest import Caller, order
from tests.world import World

pytestmark = pytest.mark.django_db

ALICE = 1_00_000_00
UNKNOWN = f"org_0{'0' * 25}"


def fees(**changes: Any) -> dict[str, Any]:
    """Two rupees and half a percent of each transfer, at most fifty rupees."""
    asked = {"kind": "transfer", "currency": "INR", "fixed_minor": 2_00, "bps": 50}
    return {**asked, "ceiling_minor": 50_00, **changes}


def limits(world: World, **changes: Any) -> dict[str, Any]:
    asked = {"wallet_kind": "current", "currency": "INR", "day_minor": 500_00}
    return {**asked, "month_minor": 900_00, "organization": acme(world), **changes}


def acme(world: World) -> str:
    return ids.encode("org", world.acme.id)


def windows(caller: Caller, world: World) -> list[tuple[int | None, int, int | None]]:
    """Limit, used and left, of the day and of the month."""
    shown = caller.get(f"/wallets/{world.alice_wallet.handle}/limits").data
    keys = ("limit_minor", "used_minor", "left_minor")
    day, month = (tuple(shown[window][key] for key in keys) for window in ("day", "month"))
    return [day, month]


def test_fees_are_set_shown_and_charged(world: World, alice: Caller, bob: Caller) -> None:
    assert bob.get("/fee-schedules").data["data"] == []
    put = alice("PUT", "/fee-schedules", fees())

    assert put.status == 200, put.body
    assert put.data["organization"] == acme(world)
    assert put.data["display"] == "₹2.00 + 0.50 %, at most ₹50.00"
    assert (put.data["fixed_minor"], put.data["bps"], put.data["floor_minor"]) == (2_00, 50, 0)
    assert bob.get("/fee-schedules").data["data"] == [put.data]
    for amount, fee in ((100_00, 2_50), (1_00, 2_01), (50_000_00, 50_00)):
        paid = alice.move("/transfers", order(world, amount_minor=amount)).data
        assert paid["fee"]["amount_minor"] == fee


def test_setting_again_replaces(world: World, alice: Caller) -> None:
    alice("PUT", "/fee-schedules", fees())
    free = alice("PUT", "/fee-schedules", {"kind": "transfer", "currency": "INR"})
    assert (free.status, free.data["display"], free.data["ceiling_minor"]) == (200, "₹0.00", None)
    assert alice.get("/fee-schedules").data["data"] == [free.data]
    assert alice.move("/transfers", order(world)).data["fee"]["amount_minor"] == 0


def test_staff_say_whose_fees(world: World, olga: Caller, charlie: Caller) -> None:
    missing = olga("PUT", "/fee-schedules", fees())
    assert (missing.status, missing.data["errors"][0]["pointer"]) == (422, "/organization")
    assert olga("PUT", "/fee-schedules", fees(organization=UNKNOWN)).status == 404
    set_ = olga("PUT", "/fee-schedules", fees(organization=acme(world))).data
    assert olga.get(f"/fee-schedules?organization={acme(world)}").data["data"] == [set_]
    assert olga.get("/fee-schedules").data["data"] == [set_]

    assert charlie.get("/fee-schedules").data["data"] == []
    foreign = charlie.get(f"/fee-schedules?organization={acme(world)}")
    assert (foreign.status, foreign.code) == (404, "not_found")
    assert charlie("PUT", "/fee-schedules", fees(organization=acme(world))).status == 404


WRONG_FEES: dict[str, tuple[dict[str, Any], int, str]] = {
    "a ceiling below the floor": (
        {"floor_minor": 60_00},
        422,
        "terms_invalid",
    ),
    "no such currency": ({"currency": "XXX"}, 422, "currency_unknown"),
    "more than everything": ({"bps": 10_001}, 400, "invalid_request"),
    "a negative part": ({"bps": -1}, 400, "invalid_request"),
    "half a basis point": ({"bps": 0.5}, 422, "unacceptable_value"),
    "a negative sum": ({"fixed_minor": -1}, 400, "invalid_request"),
    "past the greatest amount": ({"fixed_minor": 2**53}, 400, "invalid_request"),
    "what is never charged": ({"kind": "deposit"}, 400, "invalid_request"),
    "nothing is no number": ({"fixed_minor": None}, 400, "invalid_request"),
}


@pytest.mark.parametrize("name", WRONG_FEES)
def test_fees_that_cannot_be(world: World, alice: Caller, name: str) -> None:
    changes, status, code = WRONG_FEES[name]
    answer = alice("PUT", "/fee-schedules", fees(**changes))
    assert (answer.status, answer.code) == (status, code), answer.body
    assert alice.get("/fee-schedules").data["data"] == []


def test_who_may_not_set_terms(world: World, alice: Caller, bob: Caller, acme_key: Caller) -> None:
    for caller in (bob, acme_key):
        assert caller("PUT", "/fee-schedules", fees()).code == "permission_denied"
    for caller in (alice, bob, acme_key):
        assert caller("PUT", "/limit-rules", limits(world)).code == "permission_denied"


def test_limits_are_set_shown_and_held(world: World, alice: Caller, olga: Caller) -> None:
    put = olga("PUT", "/limit-rules", limits(world))
    assert put.status == 200, put.body
    assert (put.data["day_display"], put.data["month_display"]) == ("₹500.00", "₹900.00")
    assert windows(alice, world) == [(500_00, 0, 500_00), (900_00, 0, 900_00)]

    paid = alice.move("/transfers", order(world, amount_minor=400_00)).data["id"]
    assert windows(alice, world) == [(500_00, 400_00, 100_00), (900_00, 400_00, 500_00)]
    over = alice.move("/transfers", order(world, amount_minor=100_01))
    assert (over.status, over.code) == (422, "daily_limit_exceeded")
    olga.move(f"/transfers/{paid}/reverse", {"amount_minor": 150_00})
    assert windows(alice, world) == [(500_00, 250_00, 250_00), (900_00, 250_00, 650_00)]

    olga("PUT", "/limit-rules", limits(world, day_minor=None, month_minor=300_00))
    assert windows(alice, world) == [(None, 250_00, None), (300_00, 250_00, 50_00)]
    over = alice.move("/transfers", order(world, amount_minor=50_01))
    assert (over.status, over.code) == (422, "monthly_limit_exceeded")
    assert world.balance(world.alice_wallet) == ALICE - 250_00


def test_captures_count(world: World, alice: Caller, olga: Caller) -> None:
    olga("PUT", "/limit-rules", limits(world))
    asked = order(world, destination_wallet=world.acme_wallet.handle, amount_minor=600_00)
    hold = alice.move("/holds", asked).data["id"]
    over = alice.move(f"/holds/{hold}/capture", {})
    assert (over.status, over.code) == (422, "daily_limit_exceeded")
    assert alice.move(f"/holds/{hold}/capture", {"amount_minor": 500_00}).status == 201
    assert windows(alice, world)[0] == (500_00, 500_00, 0)


def test_the_general_rules_and_ones_own(world: World, alice: Caller, olga: Caller) -> None:
    general = alice.get("/limit-rules?currency=INR&limit=100").data["data"]
    assert {one["wallet_kind"]: one["day_minor"] for one in general} == {
        "savings": 10_00_000_00,
        "current": 50_00_000_00,
        "merchant": 2_50_00_000_00,
    }
    assert {one["organization"] for one in general} == {None}
    own = olga("PUT", "/limit-rules", limits(world)).data
    assert own in alice.get("/limit-rules?currency=INR&limit=100").data["data"]
    assert windows(alice, world)[0][0] == 500_00


def test_an_organization_s_own_wallet_has_no_limits(
    world: World, alice: Caller, charlie: Caller
) -> None:
    shown = alice.get(f"/wallets/{world.acme_wallet.handle}/limits").data
    assert (shown["day"], shown["month"], shown["currency"]) == (None, None, "INR")
    for wallet in (world.acme_wallet.handle, world.alice_wallet.handle, "VC-000000"):
        answer = charlie.get(f"/wallets/{wallet}/limits")
        assert (answer.status, answer.code) == (404, "wallet_not_found")


WRONG_LIMITS: dict[str, tuple[dict[str, Any], int, str]] = {
    "no such organization": ({"organization": UNKNOWN}, 404, "not_found"),
    "no such currency": ({"currency": "XXX"}, 422, "currency_unknown"),
    "no such kind": ({"wallet_kind": "secret"}, 400, "invalid_request"),
    "below nothing": ({"day_minor": -1}, 400, "invalid_request"),
    "past the greatest amount": ({"month_minor": 2**53}, 400, "invalid_request"),
}


@pytest.mark.parametrize("name", WRONG_LIMITS)
def test_limits_that_cannot_be(world: World, alice: Caller, olga: Caller, name: str) -> None:
    changes, status, code = WRONG_LIMITS[name]
    before = windows(alice, world)
    answer = olga("PUT", "/limit-rules", limits(world, **changes))
    assert (answer.status, answer.code) == (status, code), answer.body
    assert windows(alice, world) == before


def test_a_limit_is_said_and_never_forgotten_by_omission(world: World, olga: Caller) -> None:
    asked = limits(world)
    del asked["day_minor"]
    answer = olga("PUT", "/limit-rules", asked)
    assert (answer.status, answer.data["errors"][0]["pointer"]) == (400, "/day_minor")


def test_an_organization_returns_to_the_general_rule(
    world: World, alice: Caller, olga: Caller
) -> None:
    general = windows(alice, world)
    own = olga("PUT", "/limit-rules", limits(world)).data
    assert windows(alice, world) != general
    assert olga("DELETE", f"/limit-rules/{own['id']}").status == 204
    assert windows(alice, world) == general
    listed = olga.get("/limit-rules?currency=INR&limit=100").data["data"]
    assert own["id"] not in [row["id"] for row in listed]
    assert olga("DELETE", f"/limit-rules/{own['id']}").status == 404
    everybodys = next(row["id"] for row in listed if row["organization"] is None)
    stays = olga("DELETE", f"/limit-rules/{everybodys}")
    assert (stays.status, stays.code) == (422, "terms_invalid")
    assert alice("DELETE", f"/limit-rules/{own['id']}").code == "permission_denied"
    assert olga("PUT", "/limit-rules", limits(world)).data["id"] == own["id"]
    assert windows(alice, world) != general


def test_a_month_is_not_limited_below_its_days(world: World, olga: Caller) -> None:
    low = limits(world, day_minor=500_00, month_minor=499_99)
    refused = olga("PUT", "/limit-rules", low)
    assert (refused.status, refused.code) == (422, "terms_invalid")
    assert refused.data["errors"][0]["pointer"] == "/month_minor"
