"""What two people say of a payout that is stuck, in books that are checked whole."""

from __future__ import annotations

import pytest

from accounts.models import User
from accounts.tests.builders import staff
from audit.models import AuditRecord
from events.models import OutboxEvent
from tests.database import all_seeing
from tests.payouts.scenes import (
    AMOUNT,
    START,
    Clock,
    money_of,
    require_sound_books,
    saga_of,
    scripted,
    seen,
    work,
)
from tests.payouts.test_mending import consent, mend, stuck
from tests.world import NOW, World
from wallets.services.wallets import freeze_wallet

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture
def omar(world: World) -> User:
    return staff(name="omar")


@pytest.mark.parametrize(
    ("remedy", "state", "ended", "left"),
    [
        ("paid", "COMPLETED", "COMPLETED", START - AMOUNT),
        ("failed", "FAILED", "COMPENSATED", START),
    ],
)
def test_two_say_what_became_of_it_and_the_books_say_it_too(
    world: World, settings, omar: User, remedy: str, state: str, ended: str, left: int
) -> None:
    with scripted(settings) as book:
        transfer = stuck(world, book)
        freeze_wallet(
            actor=world.actor(world.alice),
            wallet_id=world.alice_wallet.id,
            reason="inquiry",
            now=NOW,
        )
        act = mend(world, transfer, remedy)
        assert money_of(world.alice_wallet) == (START, AMOUNT)
        done = consent(world, omar, act)
        assert (done.state, done.reason_code) == ("agreed", "")
        assert seen(transfer).state == state
        assert saga_of(transfer).state == ended
        assert money_of(world.alice_wallet) == (left, 0)
        with all_seeing():
            told = AuditRecord.objects.get(action="wallets.payout.mend")
            names = set(OutboxEvent.objects.values_list("name", flat=True))
        assert told.actor_id == world.olga.id
        assert told.organization_id == world.acme.id
        assert told.metadata["remedy"] == remedy
        assert told.metadata["reason"] == "statement 7"
        assert f"wallets.payout.{'completed' if remedy == 'paid' else 'failed'}" in names
        work(Clock())
        assert not book.paid
    require_sound_books()
