"""The same request many times at once: one effect."""

from __future__ import annotations

import uuid
from collections import Counter
from functools import partial

import pytest

from audit.queries import records_about
from events.queries import events_about
from kernel.context import reading
from tests.concurrency.racing import THREADS, assert_books_are_sound, race, until_not_busy
from tests.world import World
from wallets.models import Transfer
from wallets.services.transfers import TransferOutcome, execute_transfers

pytestmark = pytest.mark.usefixtures("committed_db")


def test_one_reference_200_times_moves_once(world: World) -> None:
    request = world.request(amount_minor=250_00, key="the-same")

    def four_times() -> list[TransferOutcome]:
        return [until_not_busy(partial(execute_transfers, [request]))[0] for _ in range(4)]

    outcomes = [outcome for some in race([four_times] * THREADS) for outcome in some]

    assert len(outcomes) == 200
    assert Counter(outcome.replayed for outcome in outcomes) == {True: 199, False: 1}
    assert len({_id(outcome) for outcome in outcomes}) == 1
    assert all(outcome.error is None for outcome in outcomes)
    assert world.balance(world.alice_wallet) == 1_00_000_00 - 250_00
    assert world.balance(world.charlie_wallet) == 50_000_00 + 250_00
    _assert_told_once(world, _id(outcomes[0]))
    assert_books_are_sound(world)


def test_a_refusal_raced_for_is_one_row_too(world: World) -> None:
    request = world.request(amount_minor=1_00_000_01, key="too-much")

    outcomes = race([partial(until_not_busy, partial(execute_transfers, [request]))] * 30)

    assert {_id(outcome) for (outcome,) in outcomes} == {_id(outcomes[0][0])}
    assert {o.error.code if o.error else None for (o,) in outcomes} == {"insufficient_funds"}
    assert world.balance(world.alice_wallet) == 1_00_000_00
    with reading(world.actor(world.olga)):
        assert Transfer.objects.filter(reference=request.reference).count() == 1


def test_overlapping_batches_move_each_reference_once(world: World) -> None:
    requests = [world.request(amount_minor=1_00, key=f"shared-{n}") for n in range(30)]
    forth = [requests[n : n + 20] for n in range(10)]
    batches = [batch if n % 2 else batch[::-1] for n, batch in enumerate(forth)]

    answers = race([partial(until_not_busy, partial(execute_transfers, b)) for b in batches])

    moved = {_id(outcome) for answer in answers for outcome in answer}
    assert all(outcome.error is None for answer in answers for outcome in answer)
    assert len(moved) == len({r.reference for batch in batches for r in batch}) == 29
    assert world.balance(world.alice_wallet) == 1_00_000_00 - 29 * 1_00
    assert_books_are_sound(world)


def _id(outcome: TransferOutcome) -> uuid.UUID:
    assert outcome.transfer is not None
    return outcome.transfer.id


def _assert_told_once(world: World, transfer_id: uuid.UUID) -> None:
    """One record and one event for each side."""
    with reading(world.actor(world.olga)):
        sides = Counter([world.acme.id, world.globex.id])
        for found in (records_about([transfer_id]), events_about([transfer_id])):
            assert Counter(found.values_list("organization_id", flat=True)) == sides
