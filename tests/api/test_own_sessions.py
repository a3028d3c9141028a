"""Where I am signed in and on what: listing, ending, naming, trusting, revoking."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from accounts.models import User
from kernel import clock, ids
from tests.api.conftest import Caller, Got, token_of
from tests.phones import code_mailed_to, give_phone
from tests.world import PASSWORD, World

pytestmark = pytest.mark.django_db


def signed_in(user: User, **more: Any) -> dict[str, Any]:
    """By password and, where it is asked for, the code from the mailbox."""
    got = Caller().post("/auth/token", {"email": user.email, "password": PASSWORD, **more})
    if "challenge" in got.data:
        proof = {"id": got.data["challenge"]["id"], "method": "email", "code": code_mailed_to(user)}
        got = Caller().post("/auth/token/challenge", {**proof, **more})
    assert got.status == 200, got.body
    found: dict[str, Any] = got.data
    return found


def refreshed(**sent: Any) -> Got:
    return Caller().post("/auth/token/refresh", sent)


def test_a_first_sign_in_gives_a_device_token_and_a_second_recognizes_it(world: World) -> None:
    first = signed_in(world.alice)
    second = signed_in(world.alice, device_token=first["device_token"])
    assert first["device_token"]
    assert second["device_token"] is None
    listed = Caller(second["access"]).get("/me/sessions").data["data"]
    assert [one["current"] for one in listed] == [True, False]
    assert listed[0]["device"] == listed[1]["device"]
    assert len(Caller(second["access"]).get("/me/devices").data["data"]) == 1


def test_somebody_elses_device_token_is_no_device_of_mine(world: World) -> None:
    theirs = signed_in(world.charlie)["device_token"]
    assert signed_in(world.alice, device_token=theirs)["device_token"] not in (None, theirs)


def test_a_bound_session_is_refreshed_on_its_device_only(world: World) -> None:
    device = signed_in(world.alice)["device_token"]
    bound = signed_in(world.alice, device_token=device)
    other = signed_in(world.alice)["device_token"]
    assert refreshed(refresh=bound["refresh"]).code == "invalid_refresh_token"
    stolen = refreshed(refresh=bound["refresh"], device_token=other)
    assert stolen.code == "invalid_refresh_token"
    assert refreshed(refresh=bound["refresh"], device_token=device).status == 200


def test_an_ended_session_stops_reads_and_money_at_once(world: World) -> None:
    here, there = signed_in(world.alice), signed_in(world.alice)
    listed = Caller(here["access"]).get("/me/sessions").data["data"]
    other = next(one["id"] for one in listed if not one["current"])
    assert Caller(here["access"])("DELETE", f"/me/sessions/{other}").status == 204
    assert Caller(there["access"]).get("/me").code == "invalid_access_token"
    assert Caller(there["access"]).move("/transfers", {}).code == "invalid_access_token"
    assert refreshed(refresh=there["refresh"]).code == "invalid_refresh_token"
    assert Caller(here["access"]).get("/me").status == 200


def test_all_other_sessions_end_and_this_one_stays(world: World) -> None:
    others = [signed_in(world.alice) for _ in range(3)]
    charlie, here = signed_in(world.charlie), signed_in(world.alice)
    assert Caller(here["access"]).post("/me/sessions/end-others", {}).data == {"ended": 3}
    assert {Caller(one["access"]).get("/me").status for one in others} == {401}
    assert Caller(here["access"]).get("/me").status == 200
    assert Caller(charlie["access"]).get("/me").status == 200


def test_nobody_ends_a_session_of_somebody_else_here(world: World) -> None:
    """Not even who could elsewhere: a manager, platform staff."""
    bob = signed_in(world.bob)
    session = Caller(bob["access"]).get("/me/sessions").data["data"][0]["id"]
    for user in (world.alice, world.charlie, world.olga):
        caller = Caller(signed_in(user)["access"])
        assert caller("DELETE", f"/me/sessions/{session}").status == 404
    assert Caller(world.acme_key)("DELETE", f"/me/sessions/{session}").status == 403
    assert Caller(bob["access"]).get("/me").status == 200


def test_nobody_touches_a_device_of_somebody_else(world: World) -> None:
    bob = signed_in(world.bob)
    path = f"/me/devices/{Caller(bob['access']).get('/me/devices').data['data'][0]['id']}"
    for user in (world.alice, world.charlie, world.olga):
        caller = Caller(signed_in(user)["access"])
        assert caller("DELETE", path).status == 404
        assert caller("PATCH", path, {"name": "mine"}).status == 404
        assert caller.post(f"{path}/trust", {}).status == 404
    assert refreshed(refresh=bob["refresh"]).status == 200


def test_a_device_is_named_trusted_and_revoked_with_its_sessions(world: World) -> None:
    first = signed_in(world.alice)
    again = signed_in(world.alice, device_token=first["device_token"])
    elsewhere = Caller(signed_in(world.alice)["access"])
    listed = elsewhere.get("/me/devices").data["data"]
    path = f"/me/devices/{listed[-1]['id']}"
    assert elsewhere("PATCH", path, {"name": "  Kitchen   tablet "}).data["name"] == (
        "Kitchen tablet"
    )
    # As new as the device itself, and with nothing but the mailbox: it vouches for nothing.
    assert elsewhere.post(f"{path}/trust", {}).code == "device_too_new"
    give_phone(world.alice, now=clock.now() - dt.timedelta(days=2))
    stale = Caller(token_of(world, world.alice, second_factor=None))
    assert stale.post(f"{path}/trust", {}).code == "step_up_required"
    with_phone = Caller(token_of(world, world.alice))
    assert with_phone.post(f"{path}/trust", {}).data["trusted_at"]
    assert elsewhere("DELETE", path).status == 204
    assert Caller(first["access"]).get("/me").status == 401
    assert Caller(again["access"]).get("/me").status == 401
    assert elsewhere("DELETE", path).status == 404
    assert len(elsewhere.get("/me/devices").data["data"]) == 1


def test_the_token_of_a_revoked_device_is_worth_nothing(world: World) -> None:
    first = signed_in(world.alice)
    caller = Caller(signed_in(world.alice)["access"])
    listed = caller.get("/me/devices").data["data"]
    caller("DELETE", f"/me/devices/{listed[-1]['id']}")
    assert signed_in(world.alice, device_token=first["device_token"])["device_token"]


@pytest.mark.parametrize("name", ["", "   ", "a\nb", "x" * 81, "\u202eevil"])
def test_a_name_is_one_line_that_can_be_seen(world: World, name: str) -> None:
    caller = Caller(signed_in(world.alice)["access"])
    path = f"/me/devices/{caller.get('/me/devices').data['data'][0]['id']}"
    assert caller("PATCH", path, {"name": name}).status in (400, 422)


def test_a_key_has_neither(world: World) -> None:
    key = Caller(world.acme_key)
    assert key.get("/me/sessions").data["data"] == []
    assert key.get("/me/devices").data["data"] == []
    assert key.post("/me/sessions/end-others", {}).status == 403
    unknown = ids.encode("dev", world.alice.id)
    assert key("DELETE", f"/me/devices/{unknown}").status == 404
