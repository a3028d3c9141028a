"""A payment above both thresholds: its person approves it first, then somebody else agrees."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from accounts.choices import ApprovalMethod
from accounts.errors import ApprovalRequired
from accounts.models import User
from accounts.services.approvals import Proof
from accounts.services.pending_acts import agree
from tests.approving import OVER, PIN, approval_of, asking, presenting, with_pin
from tests.phones import give_phone
from tests.world import NOW, World, colleague, takes_two
from wallets.errors import DualControlRequired
from wallets.services.approving import approve_batch, ask_to_approve_movement
from wallets.services.thresholds import set_dual_control_threshold
from wallets.services.transfers import TransferRequest, execute_transfers

pytestmark = pytest.mark.django_db

HAD = 1_00_000_00
AMOUNT = 3_000_00


@pytest.fixture
def fay(world: World) -> User:
    found = colleague(world, "fay", "finance")
    takes_two(world)
    return found


@pytest.fixture
def request_of_alice(world: World, fay: User) -> TransferRequest:
    """Of 3,000 rupees, where 1,000 take a PIN and 2,000 a second person."""
    asking(world)
    set_dual_control_threshold(
        actor=world.signed_in(world.alice), currency="INR", threshold_minor=2_000_00, now=NOW
    )
    actor = with_pin(world, world.alice)
    return dataclasses.replace(world.request(amount_minor=AMOUNT), actor=actor)


def test_the_pin_comes_first_and_then_a_colleague(
    world: World, fay: User, request_of_alice: TransferRequest
):
    [unapproved] = execute_transfers([request_of_alice])
    assert isinstance(unapproved.error, ApprovalRequired)
    assert unapproved.pending_act is None

    approved = presenting(request_of_alice, approval_of(request_of_alice))
    [asked] = execute_transfers([approved])
    assert asked.pending_act is not None
    assert world.balance(world.alice_wallet) == HAD

    agree(actor=world.signed_in(fay), act_id=asked.pending_act.id, now=NOW)
    assert world.balance(world.alice_wallet) == HAD - AMOUNT


def in_parts(world: World, parts: int) -> list[str]:
    """What becomes of payments of 1,000 rupees each, the most that nobody approves."""
    actor = with_pin(world, world.alice)
    outcomes = [
        execute_transfers([dataclasses.replace(world.request(amount_minor=OVER), actor=actor)])[0]
        for _ in range(parts)
    ]
    return [
        "waits" if one.pending_act else str(one.transfer and one.transfer.state) for one in outcomes
    ]


def test_payments_too_small_to_be_approved_add_up_to_the_threshold(world: World, fay: User):
    """Splitting goes round approvals; the sum of a day takes a second person, if one is asked."""
    asking(world)
    set_dual_control_threshold(
        actor=world.signed_in(world.alice), currency="INR", threshold_minor=2_000_00, now=NOW
    )
    assert in_parts(world, 4) == ["COMPLETED", "COMPLETED", "waits", "waits"]
    assert world.balance(world.alice_wallet) == HAD - 2_000_00


def test_without_a_threshold_they_go_on(world: World):
    """Accepted, and said in the threat model: limits of wallets and tiers are what is left."""
    asking(world)
    assert in_parts(world, 3) == ["COMPLETED"] * 3


def test_it_can_be_approved_by_another_way_than_the_pin(
    world: World, request_of_alice: TransferRequest
):
    give_phone(world.alice, now=NOW - dt.timedelta(days=2))
    assert ask_to_approve_movement(request=request_of_alice).id


def test_a_batch_that_stands_or_falls_as_a_whole_is_refused_before_a_pin_is_asked(
    request_of_alice: TransferRequest,
):
    proof = Proof(ApprovalMethod.PIN, PIN)
    with pytest.raises(DualControlRequired):
        approve_batch(requests=[request_of_alice], all_or_nothing=True, proof=proof)
    given = approve_batch(requests=[request_of_alice], all_or_nothing=False, proof=proof)
    assert given.method == ApprovalMethod.PIN
