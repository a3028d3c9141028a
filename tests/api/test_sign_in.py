"""From a stranger to money moving, and out again, with nothing but the API."""

from __future__ import annotations

import datetime as dt
from unittest import mock

import pytest

from accounts.tests.letters import CONFIRM, token_in_mail
from kernel import ids
from tests.api.conftest import Caller, Got
from tests.phones import code_mailed_to
from tests.world import PASSWORD, World

pytestmark = pytest.mark.django_db

REGISTRATION = {
    "organization_name": "Initech India",
    "country": "IN",
    "base_currency": "INR",
    "timezone": "Asia/Kolkata",
    "owner_name": "Peter Gibbons",
    "email": "peter@initech.test",
    "password": "a long enough passphrase",
}


def ask_in(email: str, password: str = PASSWORD, **more: str) -> Got:
    """The first step: the password."""
    return Caller().post("/auth/token", {"email": email, "password": password, **more})


def sign_in(email: str, password: str = PASSWORD) -> Got:
    """Both steps of somebody who has no app and no passkey; or the refusal of the first."""
    asked = ask_in(email, password)
    if asked.status != 200:
        return asked
    return answer(asked, code_mailed_to(email), "email")


def answer(asked: Got, code: str, method: str = "totp", **more: str) -> Got:
    proof = {"id": asked.data["challenge"]["id"], "method": method, "code": code, **more}
    return Caller().post("/auth/token/challenge", proof)


def test_the_main_journey(world: World, olga: Caller) -> None:
    registered = Caller().post("/auth/register", REGISTRATION)
    assert registered.status == 201, registered.body
    home = registered.data["organization"]
    assert home["status"] == "pending"

    peter = Caller(sign_in("peter@initech.test", REGISTRATION["password"]).data["access"])
    assert peter.get("/me").data["organization"]["id"] == home["id"]
    assert peter.get("/me").data["email_confirmed"] is False
    unproven = peter.post("/wallets", {"kind": "current", "currency": "INR"})
    assert (unproven.status, unproven.code) == (403, "email_not_confirmed")
    token = token_in_mail(to="peter@initech.test", subject=CONFIRM)
    assert Caller().post("/auth/confirm-email", {"token": token}).status == 204
    assert peter.get("/me").data["email_confirmed"] is True
    early = peter.post("/wallets", {"kind": "current", "currency": "INR"})
    assert (early.status, early.code) == (422, "organization_inactive")
    assert olga.post(f"/organizations/{home['id']}/activate").data["status"] == "active"

    mine = peter.post("/wallets", {"kind": "current", "currency": "INR"})
    assert mine.status == 201
    assert mine.headers["Location"] == f"/api/v1/wallets/{mine.data['id']}"
    ours = peter.post(
        "/wallets", {"kind": "current", "currency": "INR", "owner": "organization"}
    ).data
    assert ours["owner"] is None
    again = peter.post("/wallets", {"kind": "current", "currency": "INR"})
    assert (again.status, again.code) == (409, "wallet_exists")

    deposit = {
        "wallet": mine.data["id"],
        "amount_minor": 500_00,
        "currency": "INR",
        "external_reference": "UTR-INITECH-1",
    }
    assert olga.move("/deposits", deposit).status == 201
    payment = {
        "source_wallet": mine.data["handle"],
        "destination_wallet": ours["id"],
        "amount_minor": 125_50,
        "currency": "INR",
    }
    unapproved = peter.move("/transfers", payment, key="rent")
    assert (unapproved.status, unapproved.code) == (403, "approval_required"), "the device is new"
    subject = {"kind": "transfer", **payment}
    assert peter.post("/me/pin", {"pin": "7394"}).status == 201
    waits = peter.post("/approvals", {**subject, "method": "pin", "pin": "7394"})
    assert (waits.status, waits.code) == (422, "pin_too_new"), "set with a mailed code alone"
    asked = peter.post("/approvals/challenges", subject).data["challenge"]
    code = code_mailed_to("peter@initech.test")
    proof = {"method": "email_otp", "challenge": asked["id"], "code": code}
    approval = peter.post("/approvals", {**subject, **proof})
    assert approval.status == 201, approval.body
    sent = peter.move("/transfers", {**payment, "approval": approval.data["id"]}, key="rent")
    assert sent.status == 201, sent.body
    left = peter.get(f"/wallets/{mine.data['id']}").data
    assert (left["available_minor"], left["available_display"]) == (374_50, "₹374.50")


def test_inviting_and_joining(world: World, alice: Caller) -> None:
    made = alice.post("/invitations", {"email": "Ivy@Acme.test", "role": "member"})
    assert made.status == 201
    joined = Caller().post(
        "/auth/join",
        {"token": made.data["token"], "full_name": "Ivy", "password": "a fine passphrase"},
    )
    assert (joined.status, joined.data["role"]) == (201, "member")
    ivy = Caller(sign_in("ivy@acme.test", "a fine passphrase").data["access"])
    assert [row["name"] for row in ivy.get("/members").data["data"]] == ["Ivy"]
    assert "token" not in alice.get("/invitations").data["data"][0]

    promoted = alice("PUT", f"/members/{joined.data['id']}", {"role": "viewer"})
    assert promoted.data["role"] == "viewer"
    assert len(ivy.get("/members").data["data"]) == 3, "the role counts from the next request on"
    assert alice("DELETE", f"/members/{joined.data['id']}").status == 204
    assert (ivy.get("/me").status, sign_in("ivy@acme.test", "a fine passphrase").status) == (
        401,
        401,
    )


def test_the_link_of_an_officer_is_not_answered(world: World, alice: Caller) -> None:
    made = alice.post("/invitations", {"email": "ivy@acme.test", "role": "owner"})
    assert (made.status, made.data["token"]) == (201, None)


def test_a_former_member_joins_with_the_old_password_only(world: World, alice: Caller) -> None:
    members = alice.get("/members").data["data"]
    [bob] = [row["id"] for row in members if row["email"] == world.bob.email]
    assert alice("DELETE", f"/members/{bob}").status == 204
    made = alice.post("/invitations", {"email": world.bob.email, "role": "viewer"})
    joining = {"token": made.data["token"], "full_name": "Bob", "password": "a fine passphrase"}
    refused = Caller().post("/auth/join", joining)
    assert (refused.status, refused.code) == (422, "former_member_password_required")
    assert refused.data["errors"][0]["pointer"] == "/password"
    assert sign_in(world.bob.email, "a fine passphrase").status == 401
    joined = Caller().post("/auth/join", {**joining, "password": PASSWORD})
    assert (joined.status, joined.data["id"]) == (201, bob)


def test_signing_out_ends_the_session_at_once(world: World) -> None:
    tokens = sign_in("alice@acme.test").data
    alice = Caller(tokens["access"])
    assert alice.get("/me").data["name"] == "Alice"
    assert alice.post("/auth/logout").status == 204
    assert (alice.get("/me").status, alice.get("/me").code) == (401, "invalid_access_token")
    refresh = Caller().post("/auth/token/refresh", {"refresh": tokens["refresh"]})
    assert (refresh.status, refresh.code) == (401, "invalid_refresh_token")


def test_refreshing(world: World) -> None:
    first = sign_in("alice@acme.test")
    assert first.headers["Cache-Control"] == "no-store"
    second = Caller().post("/auth/token/refresh", {"refresh": first.data["refresh"]})
    assert second.status == 200
    assert second.data["refresh"] != first.data["refresh"]
    assert Caller(second.data["access"]).get("/me").status == 200


def test_a_stolen_refresh_token_ends_the_family(world: World) -> None:
    first = sign_in("alice@acme.test").data
    second = Caller().post("/auth/token/refresh", {"refresh": first["refresh"]}).data
    later = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=1)
    with mock.patch("api.v1.auth.clock.now", return_value=later):
        stolen = Caller().post("/auth/token/refresh", {"refresh": first["refresh"]})
    assert (stolen.status, stolen.code) == (401, "invalid_refresh_token")
    assert Caller(second["access"]).get("/me").status == 401
    assert Caller().post("/auth/token/refresh", {"refresh": second["refresh"]}).status == 401


def test_wrong_passwords_and_unknown_people_get_one_answer(world: World) -> None:
    wrong, unknown = sign_in("alice@acme.test", "wrong"), sign_in("nobody@acme.test", "wrong")
    for answer in (wrong, unknown):
        assert (answer.status, answer.code) == (401, "invalid_credentials")
    assert wrong.data["detail"] == unknown.data["detail"]


def test_an_api_key_is_shown_once_and_dies_when_revoked(world: World, alice: Caller) -> None:
    made = alice.post("/api-keys", {"name": "payouts", "scopes": ["wallets:read"]})
    assert made.status == 201
    secret, key_id = made.data["secret"], made.data["id"]
    assert made.data["exempt_from"] == []
    pays = alice.post("/api-keys", {"name": "pays", "scopes": ["transfers:write"]})
    assert pays.data["exempt_from"] == ["approvals"]
    assert secret not in alice.get("/api-keys").body.decode()
    key = Caller(secret)
    me = key.get("/me").data
    assert (me["kind"], me["id"], me["scopes"]) == ("api_key", key_id, ["wallets:read"])
    assert key.get("/wallets").status == 200
    assert key.get("/ledger/accounts").code == "permission_denied"
    assert alice("DELETE", f"/api-keys/{key_id}").status == 204
    assert (key.get("/me").status, key.get("/me").code) == (401, "invalid_api_key")
    assert alice.post("/api-keys", {"name": "x", "scopes": ["cash:write"]}).status == 403


def test_a_suspended_organization_is_refused_at_once(
    world: World, alice: Caller, olga: Caller, acme_key: Caller
) -> None:
    home = ids.encode("org", world.acme.id)
    assert olga.post(f"/organizations/{home}/suspend", {"reason": "audit"}).status == 200
    assert alice.get("/me").status == 401
    assert acme_key.get("/me").code == "organization_suspended"
    assert sign_in("alice@acme.test").code == "organization_suspended"


def test_a_frozen_wallet_pays_nothing_and_receives(
    world: World, alice: Caller, charlie: Caller
) -> None:
    wallet = world.alice_wallet.handle
    frozen = alice.post(f"/wallets/{wallet}/freeze", {"reason": "lost phone"})
    assert frozen.data["status"] == "FROZEN"
    pay = {
        "source_wallet": wallet,
        "destination_wallet": world.charlie_wallet.handle,
        "amount_minor": 1,
        "currency": "INR",
    }
    assert alice.move("/transfers", pay).code == "source_wallet_frozen"
    back = {**pay, "source_wallet": pay["destination_wallet"], "destination_wallet": wallet}
    assert charlie.move("/transfers", back).status == 201
    assert alice.post(f"/wallets/{wallet}/unfreeze").data["status"] == "ACTIVE"
    assert alice.move("/transfers", pay).status == 201
    assert alice.post(f"/wallets/{wallet}/close").code == "account_not_empty"
