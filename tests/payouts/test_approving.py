"""A payout takes the approval that a transfer of its amount takes, and it is of one account."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail

from accounts.services.approvals import set_approval_policy
from kernel import clock
from tests.api.conftest import Caller, order, token_of
from tests.approving import OVER, PIN
from tests.database import all_seeing
from tests.payouts.scenes import ACCOUNT, money_of, scripted
from tests.phones import code_mailed_to
from tests.world import World
from wallets.models import Transfer

pytestmark = pytest.mark.django_db

BENEFICIARY = {
    "name": ACCOUNT.name,
    "bank_code": ACCOUNT.bank_code,
    "account_number": ACCOUNT.number,
}
PROOF = {"method": "pin", "pin": PIN}


@pytest.fixture
def alice(world: World) -> Caller:
    """Alice with a PIN, in an Acme that asks for approvals over 1,000 rupees."""
    set_approval_policy(actor=world.actor(world.alice), over_minor=OVER, now=clock.now())
    caller = Caller(token_of(world, world.alice))
    assert caller.post("/me/pin", {"pin": PIN}).status == 201
    return caller


def payout(world: World, **changes: Any) -> dict[str, Any]:
    return {
        "source_wallet": world.alice_wallet.handle,
        "beneficiary": BENEFICIARY,
        "amount_minor": OVER + 1,
        "currency": "INR",
        **changes,
    }


def test_it_takes_what_a_transfer_of_its_amount_takes(
    world: World, alice: Caller, settings
) -> None:
    with scripted(settings):
        assert alice.move("/transfers", order(world, amount_minor=OVER)).status == 201
        assert alice.move("/payouts", payout(world, amount_minor=OVER)).status == 202
        sent = alice.move("/transfers", order(world, amount_minor=OVER + 1))
        paid = alice.move("/payouts", payout(world))
    assert (sent.code, paid.code) == ("approval_required", "approval_required")
    assert paid.data["facts"] == sent.data["facts"]


def test_an_approval_is_of_one_account_and_no_transfer(
    world: World, alice: Caller, settings
) -> None:
    with scripted(settings):
        given = alice.post("/approvals", {"kind": "payout", **payout(world), **PROOF})
        assert (given.status, given.data["kind"]) == (201, "payout")
        approval = {"approval": given.data["id"]}
        for member, value in (
            ("account_number", "999999999999"),
            ("bank_code", "ICIC0001234"),
            ("name", "Somebody Else"),
        ):
            other = payout(world, beneficiary={**BENEFICIARY, member: value})
            answer = alice.move("/payouts", other | approval)
            assert answer.code == "approval_mismatch"
            assert answer.data["facts"]["fields"] == ["beneficiary"]
        more = alice.move("/payouts", payout(world, amount_minor=OVER + 2) | approval)
        assert more.data["facts"]["fields"] == ["amount_minor"]
        sent = alice.move("/transfers", order(world, amount_minor=OVER + 1) | approval)
        assert "kind" in sent.data["facts"]["fields"]
        assert money_of(world.alice_wallet)[1] == 0
        done = alice.move("/payouts", payout(world) | approval)
        assert done.status == 202, done.body
    with all_seeing():
        assert Transfer.objects.get(kind="payout").approval_method == "pin"


def test_an_approval_of_a_transfer_pays_no_bank(world: World, alice: Caller, settings) -> None:
    wanted = order(world, amount_minor=OVER + 1)
    given = alice.post("/approvals", {"kind": "transfer", **wanted, **PROOF}).data["id"]
    with scripted(settings):
        answer = alice.move("/payouts", payout(world, approval=given))
    assert answer.code == "approval_mismatch"
    assert "kind" in answer.data["facts"]["fields"]


def test_each_kind_needs_its_payee(world: World, alice: Caller) -> None:
    named = order(world, amount_minor=OVER + 1)
    for kind, body, missing in (
        ("payout", named, "/beneficiary"),
        ("transfer", payout(world), "/destination_wallet"),
    ):
        answer = alice.post("/approvals", {"kind": kind, **body, **PROOF})
        assert [one["pointer"] for one in answer.data["errors"]] == [missing]


def test_a_mailed_code_says_whom_it_pays(world: World, settings) -> None:
    set_approval_policy(actor=world.actor(world.alice), over_minor=OVER, now=clock.now())
    alice = Caller(token_of(world, world.alice))
    with scripted(settings):
        asked = alice.post("/approvals/challenges", {"kind": "payout", **payout(world)})
        assert asked.status == 201, asked.body
    assert code_mailed_to(world.alice)
    body = str(mail.outbox[-1].body)
    assert f"{ACCOUNT.name} ({ACCOUNT.bank_code} •••• 7890)" in body
    assert ACCOUNT.number not in body
