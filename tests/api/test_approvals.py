"""Approving over the API: asked for, given, presented; and what a key's transfers say instead."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.services.approvals import set_approval_policy
from kernel import clock, ids
from tests.api.conftest import Caller, order, token_of
from tests.approving import OVER, PIN
from tests.phones import code_mailed_to, give_phone
from tests.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice(world: World) -> Caller:
    """Alice with a PIN, in an Acme that asks for approvals over 1,000 rupees."""
    set_approval_policy(actor=world.actor(world.alice), over_minor=OVER, now=clock.now())
    caller = Caller(token_of(world, world.alice))
    assert caller.post("/me/pin", {"pin": PIN}).status == 201
    return caller


def much(world: World, **changes: Any) -> dict[str, Any]:
    return order(world, **{"amount_minor": OVER + 1, **changes})


def approval(world: World, **changes: Any) -> dict[str, Any]:
    return {"kind": "transfer", "method": "pin", "pin": PIN, **much(world), **changes}


def test_asked_for_given_and_presented_under_one_key(world: World, alice: Caller) -> None:
    refused = alice.move("/transfers", much(world), key="one")
    assert (refused.status, refused.code) == (403, "approval_required")
    assert refused.data["facts"] == {
        "reasons": ["amount"],
        "methods": ["pin"],
        "threshold_minor": OVER,
        "threshold_currency": "INR",
    }
    given = alice.post("/approvals", approval(world))
    assert given.status == 201, given.body
    assert given.data["amount"]["amount_minor"] == OVER + 1

    approved = much(world, approval=given.data["id"])
    done = alice.move("/transfers", approved, key="one")
    assert done.status == 201, done.body
    assert done.data["approval"] == {"method": "pin", "id": given.data["id"]}
    again = alice.move("/transfers", much(world), key="one")
    assert (again.status, again.body) == (201, done.body)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert world.balance(world.alice_wallet) == 1_00_000_00 - OVER - 1


def test_another_key_cannot_use_it_again(world: World, alice: Caller) -> None:
    approved = much(world, approval=alice.post("/approvals", approval(world)).data["id"])
    assert alice.move("/transfers", approved).status == 201
    again = alice.move("/transfers", approved)
    assert (again.status, again.code) == (403, "approval_used")


def test_another_body_under_the_key_is_another_request(world: World, alice: Caller) -> None:
    given = alice.post("/approvals", approval(world)).data["id"]
    assert alice.move("/transfers", much(world, approval=given), key="one").status == 201
    other = alice.move("/transfers", much(world, amount_minor=OVER + 2), key="one")
    assert (other.status, other.code) == (422, "idempotency_key_reused")


@pytest.mark.parametrize("changes", [{"amount_minor": OVER + 2}, {"destination": "acme"}])
def test_what_was_changed_since_is_refused(
    world: World, alice: Caller, changes: dict[str, Any]
) -> None:
    given = alice.post("/approvals", approval(world)).data["id"]
    if changes.get("destination"):
        changes = {"destination_wallet": world.acme_wallet.handle}
    answer = alice.move("/transfers", much(world, approval=given, **changes))
    assert (answer.status, answer.code) == (403, "approval_mismatch")
    assert answer.data["facts"]["fields"] == [next(iter(changes))]


def test_it_counts_in_the_session_it_was_given_in(world: World, alice: Caller) -> None:
    given = alice.post("/approvals", approval(world)).data["id"]
    elsewhere = Caller(token_of(world, world.alice))
    answer = elsewhere.move("/transfers", much(world, approval=given))
    assert (answer.status, answer.code) == (403, "approval_of_other_session")
    assert alice.post("/auth/logout", {}).status == 204
    assert alice.move("/transfers", much(world, approval=given)).status == 401


def test_a_wrong_pin_says_how_many_tries_are_left(world: World, alice: Caller) -> None:
    answers = [alice.post("/approvals", approval(world, pin="9152")) for _ in range(3)]
    assert [one.code for one in answers] == ["wrong_pin", "wrong_pin", "pin_locked"]
    assert answers[0].data["facts"] == {"tries_left": 2}
    standing = alice.get("/me/pin").data
    assert (standing["tries_left"], bool(standing["locked_until"])) == (0, True)
    # Money that needs no approval goes on.
    assert alice.move("/transfers", order(world)).status == 201


@pytest.mark.parametrize("missing", ["pin", "source_wallet", "amount_minor", "currency"])
def test_what_is_missing_is_named(world: World, alice: Caller, missing: str) -> None:
    body = approval(world)
    del body[missing]
    answer = alice.post("/approvals", body)
    assert answer.status == 422
    assert [one["pointer"] for one in answer.data["errors"]] == [f"/{missing}"]


def test_an_app_approves_this_movement_alone(world: World, alice: Caller) -> None:
    phone = give_phone(world.alice)
    subject = {"kind": "transfer", **much(world)}
    challenge = alice.post("/approvals/challenges", subject).data["challenge"]
    assert challenge["methods"][0] == "totp"

    def answer(**changes: Any) -> dict[str, Any]:
        proof = {"method": "totp", "challenge": challenge["id"], "code": phone.code()}
        return {**subject, **proof, **changes}

    other = alice.post("/approvals", answer(amount_minor=OVER + 2))
    assert other.code == "challenge_ended"
    given = alice.post("/approvals", answer())
    assert (given.status, given.data["method"]) == (201, "totp")
    done = alice.move("/transfers", much(world, approval=given.data["id"]))
    assert done.data["approval"]["method"] == "totp"


def test_a_batch_is_approved_whole(world: World, alice: Caller) -> None:
    items = [order(world, amount_minor=OVER), order(world, amount_minor=7)]
    refused = alice.move("/transfers/batch", {"items": items}, key="batch")
    assert (refused.status, refused.code) == (403, "approval_required")
    given = alice.post("/approvals", {"kind": "batch", "items": items, "method": "pin", "pin": PIN})
    assert (given.data["item_count"], given.data["amount"]["amount_minor"]) == (2, OVER + 7)
    body = {"items": items, "approval": given.data["id"]}
    done = alice.move("/transfers/batch", body, key="batch")
    assert (done.status, done.data["completed"]) == (200, 2)
    assert {one["transfer"]["approval"]["id"] for one in done.data["items"]} == {given.data["id"]}


def test_holds_captures_and_reversals(world: World, alice: Caller) -> None:
    wanted = much(world, destination_wallet=world.acme_wallet.handle)
    assert alice.move("/holds", wanted).code == "approval_required"
    proof = {"method": "pin", "pin": PIN}
    given = alice.post("/approvals", {"kind": "hold", **wanted, **proof}).data["id"]
    hold = alice.move("/holds", {**wanted, "approval": given})
    assert (hold.status, hold.data["approval"]["id"]) == (201, given)

    capture = f"/holds/{hold.data['id']}/capture"
    assert alice.move(capture, {}).code == "approval_required"
    subject = {"kind": "capture", "hold": hold.data["id"]}
    given = alice.post("/approvals", {**subject, **proof}).data["id"]
    captured = alice.move(capture, {"approval": given})
    assert captured.status == 201, captured.body

    reverse = f"/transfers/{captured.data['id']}/reverse"
    assert alice.move(reverse, {}).code == "approval_required"
    subject = {"kind": "reversal", "transfer": captured.data["id"]}
    given = alice.post("/approvals", {**subject, **proof}).data["id"]
    back = alice.move(reverse, {"approval": given})
    assert (back.status, back.data["approval"]["method"]) == (201, "pin")


def test_a_dry_run_tells_and_never_spends(world: World, alice: Caller) -> None:
    told = alice.post("/transfers/dry-run", much(world)).data
    assert (told["status"], told["approval"]["reasons"]) == (201, ["amount"])
    assert alice.post("/transfers/dry-run", order(world)).data["approval"] is None
    given = alice.post("/approvals", approval(world)).data["id"]
    approved = much(world, approval=given)
    assert alice.post("/transfers/dry-run", approved).data["status"] == 201
    assert alice.move("/transfers", approved).status == 201
    spent = alice.post("/transfers/dry-run", approved).data
    assert (spent["status"], spent["code"]) == (403, "approval_used")


def test_a_key_needs_none_and_says_so(world: World, alice: Caller, acme_key: Caller) -> None:
    wanted = much(world, source_wallet=world.acme_wallet.handle)
    done = acme_key.move("/transfers", wanted)
    assert (done.status, done.data["approval"]) == (201, {"method": "api_key_scope", "id": None})
    assert acme_key.post("/approvals", {**approval(world), **wanted}).status == 403


def test_the_owner_sets_the_policy(
    world: World, alice: Caller, bob: Caller, charlie: Caller
) -> None:
    path = f"/organizations/{ids.encode('org', world.acme.id)}/approval-policy"
    assert charlie("PUT", path, {"over_minor": None}).status == 404
    assert bob("PUT", path, {"over_minor": None}).status == 403
    off = alice("PUT", path, {"over_minor": None})
    assert (off.status, off.data["approval_over_minor"]) == (200, None)
    assert alice.move("/transfers", much(world)).status == 201
    on = alice("PUT", path, {"over_minor": 0})
    assert (on.status, on.data["approval_over_minor"]) == (200, 0)
    assert alice.move("/transfers", order(world, amount_minor=1)).code == "approval_required"


def test_a_new_organization_asks_over_10_000(nobody: Caller) -> None:
    wanted = {
        "country": "IN",
        "owner_name": "Peter",
        "password": "a long enough passphrase",
    }
    for currency, over_minor in (("INR", 10_000_00), ("JPY", 10_000), ("KWD", 10_000_000)):
        made = nobody.post(
            "/auth/register",
            {
                **wanted,
                "organization_name": f"In {currency}",
                "base_currency": currency,
                "email": f"p@{currency.lower()}.test",
            },
        )
        assert made.status in (201, 202), made.body
        organization = made.data.get("organization", made.data)
        assert organization["approval_over_minor"] == over_minor


def test_a_pin_over_the_api(world: World, alice: Caller) -> None:
    assert alice.get("/me/pin").data["is_set"] is True
    assert alice.post("/me/pin", {"pin": "8264"}).code == "pin_already_set"
    assert alice("PUT", "/me/pin", {"current_pin": PIN, "pin": "1234"}).code == "weak_pin"
    assert alice("PUT", "/me/pin", {"current_pin": PIN, "pin": "82640"}).status == 400
    assert alice("PUT", "/me/pin", {"current_pin": PIN, "pin": "8264"}).status == 200
    assert alice.post("/me/pin/reset", {}).status == 202
    assert alice("DELETE", "/me/pin/reset").status == 200
    assert alice("DELETE", "/me/pin/reset").code == "invalid_pin_reset"
    unknown = {"token": "x" * 43, "pin": "6038"}
    assert alice.post("/me/pin/reset/confirm", unknown).code == "invalid_pin_reset"


def test_a_locked_pin_is_not_opened_by_the_mailbox(world: World, alice: Caller) -> None:
    for _ in range(3):
        assert alice.post("/approvals", approval(world, pin="9152")).status == 422
    locked = alice.post("/approvals", approval(world))
    assert locked.code == "pin_locked"
    refused = alice.move("/transfers", much(world))
    assert refused.data["facts"]["methods"] == ["pin"]
    subject = {"kind": "transfer", **much(world)}
    asked = alice.post("/approvals/challenges", subject)
    assert (asked.status, asked.code) == (422, "factor_not_offered")


def test_a_code_mailed_before_there_was_a_pin_approves_nothing(world: World) -> None:
    set_approval_policy(actor=world.actor(world.alice), over_minor=OVER, now=clock.now())
    alice = Caller(token_of(world, world.alice))
    subject = {"kind": "transfer", **much(world)}
    asked = alice.post("/approvals/challenges", subject).data["challenge"]
    assert asked["methods"] == ["email_otp"]
    proof = {"method": "email_otp", "challenge": asked["id"], "code": code_mailed_to(world.alice)}
    assert alice.post("/me/pin", {"pin": PIN}).status == 201
    refused = alice.post("/approvals", {**subject, **proof})
    assert (refused.status, refused.code) == (422, "factor_not_offered")


def test_every_method_that_a_challenge_names_is_taken_by_the_other_door(world: World) -> None:
    set_approval_policy(actor=world.actor(world.alice), over_minor=OVER, now=clock.now())
    alice = Caller(token_of(world, world.alice))
    subject = {"kind": "transfer", **much(world)}

    def named() -> tuple[str, list[str]]:
        challenge = alice.post("/approvals/challenges", subject).data["challenge"]
        return challenge["id"], challenge["methods"]

    def judged(challenge: str, method: str) -> str:
        """What the other door says to a wrong proof by that method."""
        shown = {"passkey": {"rawId": "AAAA"}} if method == "passkey" else {"code": "000000"}
        order = {**subject, "method": method, "challenge": challenge, **shown}
        return str(alice.post("/approvals", order).code)

    without, methods = named()
    assert methods == ["email_otp"]
    assert judged(without, "email_otp") == "second_factor_refused"
    give_phone(world.alice)
    challenge, methods = named()
    assert methods
    assert "recovery_code" not in methods
    for method in methods:
        assert judged(challenge, method) == "second_factor_refused", method
