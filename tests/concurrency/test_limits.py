"""Limits that many payments reach at once."""

from __future__ import annotations

from collections import Counter
from functools import partial

import pytest

from kernel.context import reading
from tests.concurrency.racing import THREADS, assert_books_are_sound, race, until_not_busy
from tests.world import NOW, World
from wallets.choices import WalletKind
from wallets.queries import limits_of, wallet_of
from wallets.services.terms import set_limit_rule
from wallets.services.transfers import execute_together

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.mark.parametrize("together", [False, True])
def test_fifty_payments_end_exactly_at_the_limit(world: World, together: bool) -> None:
    set_limit_rule(
        actor=world.actor(world.olga),
        organization_id=world.acme.id,
        wallet_kind=WalletKind.CURRENT,
        currency="INR",
        day_minor=1_700_00,
        month_minor=None,
        now=NOW,
    )

    def pay() -> str:
        asked = world.request(amount_minor=100_00)
        paid = partial(execute_together, asked) if together else partial(world.send)
        outcome = until_not_busy(paid)
        return outcome.error.code if outcome.error else "moved"

    answers = Counter(race([pay] * THREADS))

    assert answers == {"moved": 17, "daily_limit_exceeded": 33}
    assert world.balance(world.alice_wallet) == 1_00_000_00 - 1_700_00
    with reading(world.actor(world.alice)):
        mine = wallet_of(actor=world.actor(world.alice), wallet=world.alice_wallet.handle)
        limits = limits_of(mine, now=NOW)
    assert limits is not None
    assert limits.day_used_minor == 1_700_00
    assert_books_are_sound(world)
