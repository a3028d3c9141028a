"""Many who ask and many who work at once; fees, in books that are checked whole."""

from __future__ import annotations

import pytest

from tests.concurrency.racing import race
from tests.payouts.scenes import (
    AMOUNT,
    START,
    Clock,
    ask,
    money_of,
    require_sound_books,
    scripted,
    seen,
    work,
)
from tests.world import NOW, World
from wallets.choices import TransferKind
from wallets.rails import RailState
from wallets.services.terms import set_fee_schedule

pytestmark = pytest.mark.usefixtures("committed_db")


def test_the_fee_is_reserved_with_it_and_is_income_once_it_is_paid(world: World, settings) -> None:
    set_fee_schedule(
        actor=world.actor(world.alice),
        organization_id=world.acme.id,
        kind=TransferKind.PAYOUT,
        currency="INR",
        fixed_minor=5_00,
        bps=0,
        floor_minor=0,
        ceiling_minor=None,
        now=NOW,
    )
    with scripted(settings):
        paid = ask(world)
        assert money_of(world.alice_wallet) == (START, AMOUNT + 5_00)
        work(Clock())
        assert money_of(world.alice_wallet) == (START - AMOUNT - 5_00, 0)
        assert seen(paid.transfer).fee_minor == 5_00
    with scripted(settings, decides=RailState.DECLINED):
        ask(world, key="declined")
        work(Clock())
        assert money_of(world.alice_wallet) == (START - AMOUNT - 5_00, 0)
    require_sound_books()


def test_two_who_ask_at_once_with_one_key_reserve_once(world: World, settings) -> None:
    with scripted(settings) as book:
        answers = race([lambda: ask(world).transfer for _ in range(6)])
        assert len({one.id for one in answers if one}) == 1
        race([lambda: work(Clock()) for _ in range(4)])
        assert [minor for _, minor in book.paid] == [AMOUNT]
        assert money_of(world.alice_wallet) == (START - AMOUNT, 0)
    require_sound_books()


def test_many_workers_take_each_saga_once(world: World, settings) -> None:
    with scripted(settings) as book:
        for number in range(8):
            ask(world, key=f"payout {number}")
        race([lambda: work(Clock()) for _ in range(4)])
        assert sorted(minor for _, minor in book.paid) == [AMOUNT] * 8
        assert book.calls.count("submit") == 8
        assert money_of(world.alice_wallet) == (START - 8 * AMOUNT, 0)
    require_sound_books()
