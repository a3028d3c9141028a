"""Payouts at the API: asked for once, read as a transfer, and approved like a payment."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.services.approvals import set_approval_policy
from kernel import clock, ids
from tests.api.conftest import Caller, token_of
from tests.database import rows
from tests.payouts.scenes import money_of
from tests.world import World
from wallets.rails.sandbox import SandboxRail

pytestmark = pytest.mark.django_db

NUMBER = "50100234567890"


def order(world: World, **more: object) -> dict[str, Any]:
    beneficiary = {"name": "Meera Krishnan", "bank_code": "HDFC0001234", "account_number": NUMBER}
    return {
        "source_wallet": world.alice_wallet.handle,
        "beneficiary": beneficiary,
        "amount_minor": 250_00,
        "currency": "INR",
        **more,
    }


def test_it_is_accepted_and_can_be_followed(world: World) -> None:
    alice = Caller(token_of(world, world.alice))
    asked = alice.move("/payouts", order(world))
    assert asked.status == 202
    assert (asked.data["kind"], asked.data["state"]) == ("payout", "PROCESSING")
    assert asked.data["destination"] == {
        "wallet": None,
        "handle": "•••• 7890",
        "name": "Bank account",
    }
    assert NUMBER not in str(asked.data)
    read = alice.get(f"/payouts/{asked.data['id']}")
    assert read.data == asked.data
    listed = alice.get("/transfers?kind=payout&state=PROCESSING")
    assert [one["id"] for one in listed.data["data"]] == [asked.data["id"]]


def test_the_same_key_again_reserves_nothing_more(world: World) -> None:
    alice = Caller(token_of(world, world.alice))
    first = alice.move("/payouts", order(world), key="once")
    again = alice.move("/payouts", order(world), key="once")
    assert again.body == first.body
    other = order(world)
    other["beneficiary"] = {**other["beneficiary"], "account_number": "999999999999"}
    assert alice.move("/payouts", other, key="once").status == 422
    assert money_of(world.alice_wallet)[1] == 250_00


def test_what_is_kept_for_the_key_does_not_say_which_account(world: World) -> None:
    alice = Caller(token_of(world, world.alice))
    alice.move("/payouts", order(world))
    assert NUMBER not in str(rows("SELECT * FROM api_idempotency_guard"))


def test_a_number_that_is_none_is_refused(world: World) -> None:
    alice = Caller(token_of(world, world.alice))
    bad = order(world)
    bad["beneficiary"] = {**bad["beneficiary"], "account_number": "12 34"}
    assert alice.move("/payouts", bad).code == "invalid_request"


def test_a_transfer_is_no_payout(world: World) -> None:
    alice = Caller(token_of(world, world.alice))
    sent = world.send().transfer
    assert sent is not None
    assert alice.get(f"/payouts/{ids.encode('trf', sent.id)}").code == "payout_not_found"


def test_without_a_rail_the_answer_says_so(world: World, settings) -> None:
    settings.PAYOUT_RAIL = ""
    alice = Caller(token_of(world, world.alice))
    assert alice.move("/payouts", order(world)).code == "payouts_unavailable"


def test_the_sandbox_knows_one_payment_for_a_key(world: World) -> None:
    rail = SandboxRail()
    called_back = rail.cancel("never-heard-of", timeout_seconds=1)
    assert called_back.state == "cancelled"
    assert rail.paid_minor("never-heard-of") == 0


def test_over_the_threshold_it_needs_an_approval_for_this_account(world: World) -> None:
    set_approval_policy(actor=world.actor(world.alice), over_minor=1, now=clock.now())
    alice = Caller(token_of(world, world.alice))
    assert alice.move("/payouts", order(world)).code == "approval_required"
