"""Concurrent single requests that share a commit are as separate as ever."""

from __future__ import annotations

from collections import Counter
from functools import partial

import pytest
from django.db import DatabaseError

from audit.models import AuditRecord
from kernel.context import reading
from tests.concurrency.racing import THREADS, assert_books_are_sound, race, until_not_busy
from tests.world import World
from wallets.models import Transfer
from wallets.services.transfers import TransferRequest, execute_together

pytestmark = pytest.mark.usefixtures("committed_db")


def code_of(request: TransferRequest) -> str:
    outcome = until_not_busy(partial(execute_together, request))
    return outcome.error.code if outcome.error else "replayed" if outcome.replayed else "moved"


def test_money_that_lasts_for_17_of_50(world: World) -> None:
    requests = [world.request(amount_minor=5_647_06) for _ in range(THREADS)]

    answers = race([partial(code_of, request) for request in requests])

    assert Counter(answers) == {"moved": 17, "insufficient_funds": 33}
    assert world.balance(world.alice_wallet) == 1_00_000_00 - 17 * 5_647_06
    assert_books_are_sound(world)


def test_one_reference_many_times(world: World) -> None:
    request = world.request(amount_minor=250_00)

    answers = race([partial(code_of, request)] * THREADS)

    assert Counter(answers) == {"moved": 1, "replayed": THREADS - 1}
    assert world.balance(world.alice_wallet) == 1_00_000_00 - 250_00


def test_each_request_keeps_its_own_actor_and_answer(world: World) -> None:
    forth = [world.request(amount_minor=n) for n in range(1, 21)]
    back = [
        world.request(
            sender=world.charlie,
            source=world.charlie_wallet,
            destination=world.alice_wallet,
            amount_minor=100 + n,
        )
        for n in range(1, 21)
    ]
    strangers = [world.request(sender=world.bob, amount_minor=n) for n in range(1, 6)]

    def told(request: TransferRequest) -> tuple[object, ...]:
        outcome = until_not_busy(partial(execute_together, request))
        done = outcome.transfer
        code = outcome.error.code if outcome.error else None
        return code, done and (done.amount_minor, done.actor_id, done.request_id)

    answers = race([partial(told, request) for request in [*forth, *back, *strangers]])

    own = [(r.amount_minor, r.actor.id, r.actor.request_id) for r in [*forth, *back]]
    assert answers == [(None, mine) for mine in own] + [("permission_denied", None)] * 5
    assert world.balance(world.alice_wallet) == 1_00_000_00 + 20 * 100
    with reading(world.actor(world.olga)):
        acts = AuditRecord.objects.filter(action="wallets.transfer.complete")
        kept = Counter(acts.filter(request_id__in=[r[2] for r in own]).values_list("request_id"))
    assert set(kept.values()) == {1}  # the other side's record does not tell who asked
    assert len(kept) == 40
    assert_books_are_sound(world)


def test_text_the_database_cannot_store_sinks_nobody_else(world: World) -> None:
    """Doors refuse such text; should one forget to, only its own request fails."""
    good = [world.request(amount_minor=1) for _ in range(15)]
    bad = [world.request(amount_minor=1, description="\x00") for _ in range(3)]

    def answer(request: TransferRequest) -> str:
        try:
            return code_of(request)
        except (DatabaseError, ValueError):
            return "broken"

    answers = race([partial(answer, request) for request in [*good, *bad]])

    assert answers == ["moved"] * 15 + ["broken"] * 3
    assert world.balance(world.alice_wallet) == 1_00_000_00 - 15
    with reading(world.actor(world.olga)):
        assert Transfer.objects.filter(kind="transfer").count() == 15
