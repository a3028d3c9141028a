"""Money that many want at once."""

from __future__ import annotations

from collections import Counter
from functools import partial

import pytest

from kernel.crypto import fingerprint
from tests.concurrency.racing import THREADS, assert_books_are_sound, race, until_not_busy
from tests.world import NOW, World
from wallets.choices import WalletKind
from wallets.errors import ExternalReferenceUsed, WalletExists
from wallets.services.cash import deposit
from wallets.services.transfers import execute_transfers
from wallets.services.wallets import open_wallet

pytestmark = pytest.mark.usefixtures("committed_db")


def test_50_threads_race_for_money_that_lasts_for_17(world: World) -> None:
    calls = [partial(world.send, amount_minor=5_647_06) for _ in range(THREADS)]

    outcomes = race([partial(until_not_busy, call) for call in calls])

    results = Counter(outcome.error.code if outcome.error else "moved" for outcome in outcomes)
    assert 17 * 5_647_06 <= 1_00_000_00 < 18 * 5_647_06
    assert results == {"moved": 17, "insufficient_funds": 33}
    assert world.balance(world.alice_wallet) == 1_00_000_00 - 17 * 5_647_06
    assert world.balance(world.charlie_wallet) == 50_000_00 + 17 * 5_647_06
    assert_books_are_sound(world)


def test_opposing_transfers_never_lock_each_other_out(world: World) -> None:
    there = partial(world.send, amount_minor=3_00)
    back = partial(
        world.send,
        sender=world.charlie,
        source=world.charlie_wallet,
        destination=world.alice_wallet,
        amount_minor=2_00,
    )

    def several(call: partial) -> list[str | None]:
        outcomes = [until_not_busy(call) for _ in range(10)]
        return [outcome.error.code if outcome.error else None for outcome in outcomes]

    answers = race([partial(several, call) for call in [there, back] * 8])

    assert answers == [[None] * 10] * 16
    assert world.balance(world.alice_wallet) == 1_00_000_00 - 80 * 1_00
    assert world.balance(world.charlie_wallet) == 50_000_00 + 80 * 1_00
    assert_books_are_sound(world)


def test_batches_in_opposite_order_all_arrive(world: World) -> None:
    forth = {"source": world.alice_wallet, "destination": world.acme_wallet, "amount_minor": 7}
    back = {"source": world.acme_wallet, "destination": world.alice_wallet, "amount_minor": 5}

    def batch(first: dict, second: dict) -> list[str | None]:
        items = [world.request(**wanted) for wanted in [first, second] * 10]
        outcomes = until_not_busy(partial(execute_transfers, items))
        return [outcome.error.code if outcome.error else None for outcome in outcomes]

    answers = race([partial(batch, *ways) for ways in [(forth, back), (back, forth)] * 6])

    assert answers == [[None] * 20] * 12
    assert world.balance(world.alice_wallet) == 1_00_000_00 - 12 * 10 * 2
    assert_books_are_sound(world)


def test_deposits_with_one_bank_reference_count_once(world: World) -> None:
    def pay_in(number: int) -> str:
        try:
            outcome = deposit(
                actor=world.actor(world.olga),
                wallet=world.alice_wallet.handle,
                amount_minor=100_00,
                currency="INR",
                external_reference="UTR-RACED",
                reference=fingerprint("raced", str(number)),
                fingerprint=fingerprint("raced"),
                now=NOW,
            )
        except ExternalReferenceUsed as error:
            return error.code
        assert outcome.error is None
        return "moved"

    answers = race([partial(until_not_busy, partial(pay_in, n)) for n in range(20)])

    assert Counter(answers) == {"moved": 1, "external_reference_used": 19}
    assert world.balance(world.alice_wallet) == 1_00_000_00 + 100_00
    assert_books_are_sound(world)


def test_one_wallet_of_each_kind_though_many_open_it_at_once(world: World) -> None:
    def open_one() -> str:
        try:
            wallet = open_wallet(
                actor=world.actor(world.alice),
                owner_id=world.alice.id,
                kind=WalletKind.SAVINGS,
                currency="INR",
                now=NOW,
            )
        except WalletExists as error:
            return error.code
        return wallet.status

    assert Counter(race([open_one] * 12)) == {"ACTIVE": 1, "wallet_exists": 11}
