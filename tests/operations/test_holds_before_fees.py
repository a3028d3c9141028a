"""Holds that stood before holds reserved their fee go on working, and the step back is possible.

What came after those steps is taken back for them and comes again before anything else is asked.
"""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import ProgrammingError

from tests.concurrency.racing import assert_books_are_sound
from tests.world import NOW, World
from wallets.services.holds import place_hold, void_hold
from wallets.tests.people import moved
from wallets.tests.test_hold_fees import charge_captures, fee_of
from wallets.tests.test_holds import captured, shown, wanted

pytestmark = pytest.mark.usefixtures("committed_db")

ALICE = 1_00_000_00
_BEFORE_FEES = "0011"


def _migrate(*target: str) -> None:
    """To the target, or all the way."""
    call_command("migrate", *target, database="owner", verbosity=0)


def test_an_open_hold_is_carried_over_and_captured_without_a_fee(world: World) -> None:
    """1,000.00 are held and 400.00 captured when the columns come: 600.00 are held after it."""
    first, second = place_hold(wanted(world)), place_hold(wanted(world, key="h2"))
    moved(captured(world, first, 400_00))
    _migrate("ledger", _BEFORE_FEES)
    _migrate()
    assert shown(world, world.alice_wallet) == (ALICE - 400_00, 1_600_00, ALICE - 2_000_00)

    charge_captures(world)
    assert moved(captured(world, first, key="rest")).fee_minor == 0
    void_hold(actor=world.actor(world.alice), hold_id=second.hold_id, now=NOW)

    assert fee_of(world, first) == (0, 0, 0)
    assert shown(world, world.alice_wallet) == (ALICE - 1_000_00, 0, ALICE - 1_000_00)
    assert place_hold(wanted(world, key="h3")).hold.fee_minor == 10_00
    assert_books_are_sound(world)


def test_the_step_back_waits_for_holds_that_reserve_a_fee(world: World) -> None:
    charge_captures(world)
    hold = place_hold(wanted(world))
    with pytest.raises(ProgrammingError, match="open holds reserve a fee"):
        _migrate("ledger", _BEFORE_FEES)
    _migrate()

    moved(captured(world, hold))
    assert fee_of(world, hold) == (10_00, 10_00, 0)
