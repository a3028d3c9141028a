"""One payment that many give back at once."""

from __future__ import annotations

from collections import Counter
from functools import partial

import pytest

from kernel.crypto import fingerprint
from tests.concurrency.racing import assert_books_are_sound, race, until_not_busy
from tests.world import NOW, World
from wallets.services.references import reference_of
from wallets.services.reversals import reverse_transfer

pytestmark = pytest.mark.usefixtures("committed_db")


def test_parts_given_back_at_once_stay_within_the_payment(world: World) -> None:
    paid = world.send(amount_minor=1_000_00).transfer
    assert paid is not None

    def give_back(number: int) -> str:
        actor = world.actor(world.charlie)
        outcome = reverse_transfer(
            actor=actor,
            transfer_id=paid.id,
            amount_minor=58_82,
            reference=reference_of(actor=actor, route="reversals", key=str(number)),
            fingerprint=fingerprint(str(number)),
            now=NOW,
        )
        return outcome.error.code if outcome.error else "moved"

    calls = [partial(until_not_busy, partial(give_back, number)) for number in range(30)]
    answers = Counter(race(calls))

    assert answers == {"moved": 17, "reversal_exceeds_original": 13}
    assert world.balance(world.alice_wallet) == 1_00_000_00 - 1_000_00 + 17 * 58_82
    assert world.balance(world.charlie_wallet) == 50_000_00 + 1_000_00 - 17 * 58_82
    assert_books_are_sound(world)
