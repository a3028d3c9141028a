"""The fee of a hold: fixed and reserved when it is placed, taken in shares, freed with the rest."""

from __future__ import annotations

import dataclasses
import uuid

import pytest

from kernel.context import reading
from ledger.errors import InsufficientFunds
from ledger.queries import accounts
from ledger.services.holds import reap_overdue_holds
from tests.world import NOW, World
from wallets.choices import TransferKind
from wallets.errors import FeeChanged
from wallets.models import WalletHold
from wallets.services.holds import place_hold, rehearse_hold, void_hold
from wallets.services.terms import set_fee_schedule
from wallets.services.transfers import execute_transfers
from wallets.tests.people import code_of, moved, nothing_happens
from wallets.tests.test_holds import LATER, captured, shown, state_of, wanted
from wallets.tests.test_reversals import given_back

pytestmark = pytest.mark.django_db

ALICE, ACME = 1_00_000_00, 5_00_000_00


def charge_captures(world: World, *, fixed_minor: int = 10_00, bps: int = 0) -> None:
    """Acme charges its people ten rupees for what is captured of a hold."""
    set_fee_schedule(
        actor=world.actor(world.alice),
        organization_id=world.acme.id,
        kind=TransferKind.CAPTURE,
        currency="INR",
        fixed_minor=fixed_minor,
        bps=bps,
        floor_minor=0,
        ceiling_minor=None,
        now=NOW,
    )


def fee_of(world: World, hold: WalletHold) -> tuple[int, int, int]:
    """Reserved at first, taken so far, and all that the hold keeps now."""
    with reading(world.actor(world.olga)):
        kept = WalletHold.objects.select_related("hold").get(hold_id=hold.hold_id).hold
        return kept.fee_minor, kept.fee_captured_minor, kept.reserved_minor


def income(world: World) -> int:
    with reading(world.actor(world.olga)):
        return accounts().get(kind="FEE_INCOME", organization_id=world.acme.id).posted_minor


def part(world: World, hold: WalletHold, amount_minor: int, **more: object) -> int:
    """Capture a part; what it paid on top."""
    key = f"part {uuid.uuid4()}"
    return moved(captured(world, hold, amount_minor, key=key, **more)).fee_minor  # type: ignore[arg-type]


def test_amount_and_fee_are_reserved_together(world: World) -> None:
    """1,000.00 for 2.00 and 1 %: 1,012.00 are held."""
    charge_captures(world, fixed_minor=2_00, bps=100)
    hold = place_hold(wanted(world))

    assert (hold.hold.amount_minor, hold.hold.fee_minor) == (1_000_00, 12_00)
    assert shown(world, world.alice_wallet) == (ALICE, 1_012_00, ALICE - 1_012_00)


def test_the_fee_has_to_be_there_when_it_is_placed(world: World) -> None:
    charge_captures(world)
    with nothing_happens(world), pytest.raises(InsufficientFunds):
        place_hold(wanted(world, amount_minor=ALICE - 9_99))

    place_hold(wanted(world, amount_minor=ALICE - 10_00))
    assert shown(world, world.alice_wallet) == (ALICE, ALICE, 0)


def test_a_capture_is_not_refused_for_its_fee(world: World) -> None:
    """All else of the wallet is spent; the hold pays amount and fee all the same."""
    charge_captures(world)
    hold = place_hold(wanted(world))
    moved(world.send(amount_minor=ALICE - 1_010_00))

    assert moved(captured(world, hold)).fee_minor == 10_00
    assert shown(world, world.alice_wallet) == (0, 0, 0)
    assert (world.balance(world.acme_wallet), income(world)) == (ACME + 1_000_00, 10_00)


def test_parts_that_end_it_take_exactly_the_fee(world: World) -> None:
    """10.00 of three equal parts: 3.33, 3.33 and 3.34."""
    charge_captures(world)
    hold = place_hold(wanted(world, amount_minor=300_00))

    assert [part(world, hold, 100_00) for _ in range(3)] == [3_33, 3_33, 3_34]
    assert state_of(world, hold) == ("CAPTURED", 300_00, 0)
    assert fee_of(world, hold) == (10_00, 10_00, 0)
    assert shown(world, world.alice_wallet) == (ALICE - 310_00, 0, ALICE - 310_00)


def test_single_units_take_it_as_whole_as_one_capture(world: World) -> None:
    """A fee of 3 on 7: it goes with the third, fifth and seventh unit."""
    charge_captures(world, fixed_minor=3)
    hold = place_hold(wanted(world, amount_minor=7))

    assert [part(world, hold, 1) for _ in range(7)] == [0, 0, 1, 0, 1, 0, 1]
    assert income(world) == 3


def test_a_final_capture_takes_its_share_and_frees_the_rest_of_both(world: World) -> None:
    charge_captures(world)
    hold = place_hold(wanted(world))

    assert part(world, hold, 250_00, final=True) == 2_50
    assert state_of(world, hold) == ("CAPTURED", 250_00, 750_00)
    assert fee_of(world, hold) == (10_00, 2_50, 0)
    assert shown(world, world.alice_wallet) == (ALICE - 252_50, 0, ALICE - 252_50)


def test_a_void_frees_what_is_left_of_both(world: World) -> None:
    charge_captures(world)
    hold = place_hold(wanted(world))
    part(world, hold, 400_00)
    assert fee_of(world, hold) == (10_00, 4_00, 606_00)

    void_hold(actor=world.actor(world.alice), hold_id=hold.hold_id, now=NOW)
    assert fee_of(world, hold) == (10_00, 4_00, 0)
    assert shown(world, world.alice_wallet) == (ALICE - 404_00, 0, ALICE - 404_00)


def test_time_frees_what_is_left_of_both(world: World) -> None:
    charge_captures(world)
    hold = place_hold(wanted(world))
    part(world, hold, 400_00)

    reap_overdue_holds(actor=world.actor(world.olga), now=LATER)
    assert fee_of(world, hold) == (10_00, 4_00, 0)
    assert shown(world, world.alice_wallet) == (ALICE - 404_00, 0, ALICE - 404_00)


def test_the_next_payment_may_spend_a_fee_that_ran_out(world: World) -> None:
    charge_captures(world)
    place_hold(wanted(world, amount_minor=ALICE - 10_00))

    late = dataclasses.replace(world.request(amount_minor=ALICE), now=LATER)
    moved(execute_transfers([late])[0])
    assert shown(world, world.alice_wallet) == (0, 0, 0)


def test_the_schedule_of_placing_holds_whatever_is_set_later(world: World) -> None:
    charge_captures(world)
    hold = place_hold(wanted(world))
    charge_captures(world, fixed_minor=99_00)

    assert part(world, hold, 500_00) == 5_00
    charge_captures(world, fixed_minor=0)
    assert part(world, hold, 500_00) == 5_00


def test_a_hold_without_a_fee_is_captured_without_one(world: World) -> None:
    """As those that were placed before holds reserved fees: a later schedule is not theirs."""
    hold = place_hold(wanted(world))
    charge_captures(world)

    assert part(world, hold, 1_000_00) == 0
    assert shown(world, world.alice_wallet) == (ALICE - 1_000_00, 0, ALICE - 1_000_00)


def test_an_organization_reserves_no_fee_for_itself(world: World) -> None:
    charge_captures(world)
    ends = {"source": world.acme_wallet.handle, "destination": world.alice_wallet.handle}
    assert place_hold(wanted(world, **ends)).hold.fee_minor == 0


def test_across_organizations_the_paying_side_alone_pays_it(world: World) -> None:
    charge_captures(world)
    hold = place_hold(wanted(world, destination=world.charlie_wallet.handle))

    assert part(world, hold, 400_00) == 4_00
    assert world.balance(world.charlie_wallet) == 50_000_00 + 400_00
    assert income(world) == 4_00


def test_the_same_capture_again_takes_nothing_more(world: World) -> None:
    charge_captures(world)
    hold = place_hold(wanted(world))
    first, again = captured(world, hold, 400_00), captured(world, hold, 400_00)

    assert (moved(first).fee_minor, again.replayed, again.transfer) == (4_00, True, first.transfer)
    assert fee_of(world, hold) == (10_00, 4_00, 606_00)


def test_a_refused_capture_takes_no_fee(world: World) -> None:
    charge_captures(world)
    hold = place_hold(wanted(world))
    refused = captured(world, hold, 1_000_01)

    assert code_of(refused) == "capture_exceeds_hold"
    assert refused.transfer is not None
    assert (refused.transfer.fee_minor, income(world)) == (0, 0)
    assert fee_of(world, hold) == (10_00, 0, 1_010_00)


def test_a_capture_given_back_whole_returns_its_share(world: World) -> None:
    charge_captures(world)
    hold = place_hold(wanted(world))
    taken = moved(captured(world, hold, 400_00))

    assert moved(given_back(world, taken.id, by=world.alice)).fee_minor == 4_00
    assert (income(world), world.balance(world.alice_wallet)) == (0, ALICE)
    assert fee_of(world, hold) == (10_00, 4_00, 606_00)


def test_another_fee_than_the_payer_agreed_to_reserves_nothing(world: World) -> None:
    charge_captures(world)
    with nothing_happens(world), pytest.raises(FeeChanged) as refused:
        place_hold(wanted(world, expected_fee_minor=9_99))

    assert refused.value.facts == {"fee_minor": 10_00}
    assert place_hold(wanted(world, expected_fee_minor=10_00)).hold.fee_minor == 10_00


def test_the_dry_run_shows_the_fee_and_what_both_leave(world: World) -> None:
    charge_captures(world)
    with nothing_happens(world):
        said = rehearse_hold(wanted(world))
        with pytest.raises(InsufficientFunds):
            rehearse_hold(wanted(world, amount_minor=ALICE))

    assert (said.fee_minor, said.source.held_minor) == (10_00, 1_010_00)
    assert said.source.available_minor == ALICE - 1_010_00
