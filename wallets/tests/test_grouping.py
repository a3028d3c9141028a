"""Group commit: who leads, what a broken item does to its neighbors, and where the queue ends."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from kernel.errors import Busy, VaultCraftError
from tests.concurrency.racing import holding, wait_for_waiters
from tests.world import NOW, World
from wallets.choices import WalletKind
from wallets.services.lanes import Lanes
from wallets.services.transfers import TransferOutcome, TransferRequest, execute_transfers
from wallets.services.transfers.grouping import Group, QueueFull, _group
from wallets.services.wallets import open_wallet


class Recorder:
    """Executes for real, keeps the sizes of the batches, and holds the first until released."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.entered = threading.Event()
        self.released = threading.Event()

    def __call__(self, items: Sequence[TransferRequest]) -> list[TransferOutcome]:
        self.sizes.append(len(items))
        if len(self.sizes) == 1:
            self.entered.set()
            assert self.released.wait(10)
        if len(items) > 1 and any(item.description == "poison" for item in items):
            raise RuntimeError("one item breaks its batch")
        return execute_transfers(items)

    def alone(self, item: TransferRequest) -> TransferOutcome:
        if item.description == "poison":
            raise RuntimeError("and breaks alone")
        return execute_transfers([item])[0]


def _submitted(group: Group, item: TransferRequest) -> TransferOutcome | Exception:
    try:
        return group.submit(item)
    except (RuntimeError, VaultCraftError) as error:
        return error
    finally:
        connection.close()


def _while_first_runs(
    recorder: Recorder, group: Group, items: list[TransferRequest]
) -> list[TransferOutcome | Exception]:
    """Submit the first item, let the rest queue behind it, then let all go."""
    with ThreadPoolExecutor(len(items)) as pool:
        first = pool.submit(_submitted, group, items[0])
        assert recorder.entered.wait(10)
        rest = [pool.submit(_submitted, group, item) for item in items[1:]]
        _until_waiting(group, len(rest))
        recorder.released.set()
        return [done.result(20) for done in (first, *rest)]


def _until_waiting(group: Group, count: int) -> None:
    for _ in range(1_000):
        if len(group._waiting) == count:
            return
        time.sleep(0.01)
    pytest.fail(f"{count} requests never queued")


@pytest.mark.django_db
def test_lone_request_is_executed_at_once(world: World) -> None:
    group = Group(together=execute_transfers, alone=Recorder().alone)

    outcome = group.submit(world.request(amount_minor=5_00))

    assert outcome.error is None
    assert world.balance(world.alice_wallet) == 1_00_000_00 - 5_00


def test_requests_behind_a_running_one_share_the_next_commit(
    committed_db: str, world: World
) -> None:
    recorder = Recorder()
    group = Group(together=recorder, alone=recorder.alone)
    items = [world.request(amount_minor=1_00) for _ in range(9)]

    outcomes = _while_first_runs(recorder, group, items)

    assert recorder.sizes == [1, 8]
    assert all(isinstance(done, TransferOutcome) and done.error is None for done in outcomes)
    assert world.balance(world.charlie_wallet) == 50_000_00 + 9_00


def test_poisoned_item_fails_alone(committed_db: str, world: World) -> None:
    recorder = Recorder()
    group = Group(together=recorder, alone=recorder.alone)
    items = [world.request(amount_minor=1_00) for _ in range(4)]
    items.insert(2, world.request(amount_minor=1_00, description="poison"))

    outcomes = _while_first_runs(recorder, group, items)

    assert isinstance(outcomes[2], RuntimeError)
    assert [type(done) for done in outcomes].count(TransferOutcome) == 4
    assert world.balance(world.charlie_wallet) == 50_000_00 + 4_00


def test_full_queue_refuses_and_nothing_moves(committed_db: str, world: World) -> None:
    recorder = Recorder()
    group = Group(together=recorder, alone=recorder.alone, most_waiting=0)

    with pytest.raises(QueueFull):
        group.submit(world.request())

    assert recorder.sizes == []
    assert world.balance(world.charlie_wallet) == 50_000_00


def test_account_held_for_long_stops_nobody_elses_money(committed_db: str, world: World) -> None:
    savings = open_wallet(
        actor=world.actor(world.alice),
        owner_id=None,
        kind=WalletKind.SAVINGS,
        currency="INR",
        now=NOW,
    )
    held, payee = world.charlie_wallet, world.alice_wallet
    blocked = world.request(sender=world.charlie, source=held, destination=payee)
    free = world.request(source=world.acme_wallet, destination=savings)

    with ThreadPoolExecutor(2) as pool, holding(world.charlie_wallet.account_id):
        stuck = pool.submit(_submitted, _group, blocked)
        wait_for_waiters(1)
        outcome = pool.submit(_submitted, _group, free).result(5)
        assert isinstance(outcome, TransferOutcome)
        assert outcome.error is None
        assert not stuck.done()
    done = stuck.result(20)
    assert isinstance(done, TransferOutcome)
    assert done.error is None


def test_one_organization_takes_so_many_lanes_and_no_more() -> None:
    lanes, acme, globex = Lanes(most=2), uuid.uuid4(), uuid.uuid4()

    with lanes.one_of(acme), lanes.one_of(acme):
        with pytest.raises(Busy), lanes.one_of(acme):
            pytest.fail("a third lane")
        with lanes.one_of(globex):
            pass
    with lanes.one_of(acme):
        pass
