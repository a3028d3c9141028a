"""Clients that ask without pause while things die, and the settling of accounts afterwards."""

from __future__ import annotations

import random
import threading
import time
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from tests.torture.client import Client
from tests.torture.journal import Journal, Record
from tests.torture.orders import Orders
from tests.torture.tally import Tally
from tests.torture.world import World

PAUSE_SECONDS = 40.0
SETTLE_SECONDS = 40.0
REPLAY_SECONDS = 15.0


class Load:
    """So many clients, each with its own connection and stream of requests."""

    def __init__(self, *, port: int, world: World, journal: Journal, tally: Tally) -> None:
        self._port = port
        self._world = world
        self._journal = journal
        self._tally = tally
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self, *, clients: int, seed: str) -> None:
        """Let the clients begin; the seed determines what each will ask."""
        self._stopping.clear()
        self._threads = [
            threading.Thread(target=self._run, args=(seed, f"{seed}-c{number}"), daemon=True)
            for number in range(clients)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let each client end its request, and wait for that.

        :raises RuntimeError: if one does not.
        """
        self._stopping.set()
        deadline = time.monotonic() + PAUSE_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        if any(thread.is_alive() for thread in self._threads):
            raise RuntimeError(f"a request has had no answer for {PAUSE_SECONDS:.0f} s")
        self._threads = []

    def settle(self, records: Sequence[Record]) -> None:
        """Retry what is unsettled with its key; some by two clients at once."""
        deadline = time.monotonic() + SETTLE_SECONDS
        retried = [record for record in records if record.attempts > 0]
        self._tally.count("settled by retry", len(retried))
        twice = [record for record in retried if zlib.crc32(record.order.key.encode()) % 4 == 0]

        def settle(client: Client, record: Record) -> None:
            if not client.settle(record, go_on=lambda: time.monotonic() < deadline):
                self._tally.find(f"{record.order.key}: not settled in {SETTLE_SECONDS:.0f} s")

        self._in_parallel([*records, *twice], settle)

    def replay(self, records: Sequence[Record]) -> None:
        """Ask again what was acknowledged: the same status, the same bytes, marked as replayed."""
        deadline = time.monotonic() + REPLAY_SECONDS

        def replay(client: Client, record: Record) -> None:
            answer = client.ask(record.order)
            while (answer is None or answer.status in {409, 503}) and time.monotonic() < deadline:
                time.sleep(0.05)
                answer = client.ask(record.order)
            first = record.answer
            assert first is not None
            self._tally.count("replays compared")
            if answer is None or not answer.same_as(first):
                self._tally.find(f"{record.order.key}: replayed as {answer}\n  was {first}")
            elif not answer.replayed:
                self._tally.find(f"{record.order.key}: a replay without Idempotent-Replayed")

        self._in_parallel([record for record in records if record.order.keyed], replay)

    def _run(self, seed: str, name: str) -> None:
        """One client: ask, insist on some answers at once, leave others for later."""
        patience = random.Random(f"{seed}/{name}/patience")
        client = self._client()
        orders = Orders(self._world, seed=seed, name=name)
        for order in orders:
            if self._stopping.is_set():
                break
            record = self._journal.asked(order)
            if not client.attempt(record):
                time.sleep(0.05)
                if patience.random() < 0.5:
                    client.settle(record, go_on=lambda: not self._stopping.is_set())
            if record.answer is not None:
                orders.learn(order, record.answer.status, record.answer.body)
        client.close()

    def _client(self) -> Client:
        return Client(port=self._port, journal=self._journal, tally=self._tally)

    def _in_parallel(
        self, records: Sequence[Record], act: Callable[[Client, Record], None], threads: int = 8
    ) -> None:
        """Deal the records out to a few clients."""

        def serve(share: Sequence[Record]) -> None:
            client = self._client()
            for record in share:
                act(client, record)
            client.close()

        with ThreadPoolExecutor(threads) as pool:
            shares = [records[number::threads] for number in range(threads)]
            for done in [pool.submit(serve, share) for share in shares]:
                done.result()
