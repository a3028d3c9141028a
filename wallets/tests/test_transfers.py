"""The main job, told in short stories with exact figures."""

from __future__ import annotations

import pytest

from kernel.context import reading
from ledger.queries import trial_balance, trial_balance_totals
from tests.world import World

pytestmark = pytest.mark.django_db


def test_across_organizations_moves_money_in_both_books(world: World) -> None:
    outcome = world.send(amount_minor=250_00)

    assert outcome.error is None
    assert outcome.transfer is not None
    assert outcome.transfer.state == "COMPLETED"
    assert world.balance(world.alice_wallet) == 1_00_000_00 - 250_00
    assert world.balance(world.charlie_wallet) == 50_000_00 + 250_00


def test_books_of_each_organization_balance(world: World) -> None:
    world.send(amount_minor=250_00)

    with reading(world.actor(world.olga)):
        totals = trial_balance_totals(trial_balance())
    assert len(totals) == 2
    assert all(total.balanced for total in totals)
