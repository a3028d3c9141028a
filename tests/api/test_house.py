"""How an organization keeps house, and how the installation is run, by the API."""

from __future__ import annotations

import pytest

from accounts.services.runtime import fresh_value
from accounts.services.staff import create_staff
from accounts.system import DECLARED, STAFF_DUAL_CONTROL
from tests.api.conftest import Caller, order, token_of
from tests.world import NOW, PASSWORD, World

pytestmark = pytest.mark.django_db


def second_super_admin(world: World) -> Caller:
    user = create_staff(
        actor=world.actor(world.olga),
        email="omar@platform.test",
        full_name="Omar",
        platform_role="super_admin",
        password=PASSWORD,
        now=NOW,
    )
    return Caller(token_of(world, user))


def test_an_owner_sets_the_zone_in_which_days_are_counted(world: World, alice: Caller) -> None:
    place = f"/organizations/{alice.get('/me').data['organization']['id']}"
    assert alice("PUT", f"{place}/timezone", {"timezone": "Asia/Kolkata"}).data["timezone"] == (
        "Asia/Kolkata"
    )
    assert alice.get(place).data["timezone"] == "Asia/Kolkata"
    refused = alice("PUT", f"{place}/timezone", {"timezone": "Mars/Olympus"})
    assert (refused.status, refused.code) == (422, "invalid_profile")


def test_an_owner_sets_how_many_wallets_there_may_be(world: World, alice: Caller) -> None:
    usual = {"per_kind": 1, "members_open": True, "set_at": None}
    assert alice.get("/wallet-policy").data == usual
    wallet = {"kind": "current", "currency": "INR"}
    assert alice.post("/wallets", wallet).status == 409
    set_to = alice("PUT", "/wallet-policy", {"per_kind": 2, "members_open": False}).data
    assert (set_to["per_kind"], set_to["members_open"]) == (2, False)
    assert alice.get("/wallet-policy").data == set_to
    assert alice.post("/wallets", wallet).status == 201
    for wrong in (0, 21, "2", None):
        refused = alice("PUT", "/wallet-policy", {"per_kind": wrong, "members_open": True})
        assert refused.status == 400, wrong


def test_the_settings_of_the_installation(world: World, olga: Caller, alice: Caller) -> None:
    listed = olga.get("/system-settings").data["data"]
    assert {one["name"]: one["value"] for one in listed} == {
        name: one.default for name, one in DECLARED.items()
    }
    closed = {"name": "money.read_only", "value": True}
    assert olga("PUT", "/system-settings", closed).data["value"] is True
    assert alice.move("/transfers", order(world)).code == "money_read_only"
    for name, value in (("money.read_only", 1), ("dual_control.lifetime_hours", 0)):
        refused = olga("PUT", "/system-settings", {"name": name, "value": value})
        assert (refused.status, refused.code) == (422, "invalid_setting"), name
    for unreadable in ({"value": "yes"}, {"value": 1.0}, {"name": "nothing"}, {"value": None}):
        assert olga("PUT", "/system-settings", {**closed, **unreadable}).status == 400


def test_a_setting_takes_a_recent_proof(world: World) -> None:
    stale = Caller(token_of(world, world.olga, second_factor=None))
    refused = stale("PUT", "/system-settings", {"name": "money.read_only", "value": True})
    assert (refused.status, refused.code) == (403, "step_up_required")
    assert fresh_value("money.read_only") is False


def test_a_setting_waits_for_a_second_super_admin(world: World, olga: Caller) -> None:
    omar = second_super_admin(world)
    assert olga("PUT", "/system-settings", {"name": STAFF_DUAL_CONTROL, "value": True}).status == (
        200
    )
    wanted = {"name": "dual_control.lifetime_hours", "value": 24}
    waiting = olga("PUT", "/system-settings", wanted)
    assert waiting.status == 202
    assert fresh_value("dual_control.lifetime_hours") == 72
    act = waiting.data["pending_act"]["id"]
    assert omar.post(f"/pending-acts/{act}/agree", {}).data["state"] == "agreed"
    assert fresh_value("dual_control.lifetime_hours") == 24
