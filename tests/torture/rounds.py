"""One round: load, a death, the way back, and the comparison of everything with the journal."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Sequence

from tests.torture import points, processes
from tests.torture.books import Books
from tests.torture.carried import Carried
from tests.torture.journal import Journal, Record
from tests.torture.load import Load
from tests.torture.orders import Orders
from tests.torture.plan import Blow, Target
from tests.torture.points import Victim
from tests.torture.stack import Stack
from tests.torture.tally import Tally
from tests.torture.world import World

MEET_SECONDS = 8.0
# The load goes on so long after everything is back, so that broken connections are met too.
AFTERMATH_SECONDS = 0.5
OLDER_REPLAYED = 40


class Chamber:
    """A running stack, its load and its journal."""

    def __init__(
        self,
        *,
        stack: Stack,
        world: World,
        journal: Journal,
        tally: Tally,
        seed: int,
        clients: int,
        away_seconds: float,
    ) -> None:
        self._stack = stack
        self._journal = journal
        self._tally = tally
        self._seed = seed
        self._clients = clients
        self._away_seconds = away_seconds
        self._world = world
        self._rng = random.Random(f"{seed}/older")
        self._load = Load(port=stack.port, world=world, journal=journal, tally=tally)
        self._books = Books(auditor_url=stack.auditor_url, world=world, tally=tally)
        self._carried = Carried(auditor_url=stack.auditor_url, tally=tally)

    def open(self) -> None:
        """Put money into every wallet, through the same door as all that follows."""
        openings = Orders(self._world, seed=f"{self._seed}", name="opening").openings()
        self._settle_and_compare([self._journal.asked(order) for order in openings], replays=0)

    def run(self, number: int, blow: Blow) -> str:
        """Run one round; returns a line about it.

        :raises RuntimeError: something did not come back.
        """
        before = len(self._journal.records)
        self._load.start(clients=self._clients, seed=f"{self._seed}-r{number}")
        time.sleep(blow.after_seconds)
        self._journal.happened(f"round {number}: {blow}")
        struck = self._strike(blow)
        if blow.second:
            time.sleep(blow.second_after_seconds)
            self._kill(blow.second, blow.choice)
        time.sleep(blow.away * self._away_seconds)
        began = time.monotonic()
        self._stack.revive()
        back = time.monotonic() - began
        time.sleep(AFTERMATH_SECONDS)
        self._load.stop()
        asked = self._journal.records[before:]
        silence = _longest_silence(asked)
        self._tally.longest_silence = max(silence, self._tally.longest_silence)
        lost = sum(record.answer is None for record in asked)
        stopped = time.monotonic()
        self._settle_and_compare(asked, replays=OLDER_REPLAYED)
        settled = time.monotonic() - stopped
        met = "" if struck else " (nobody came by)"
        return (
            f"{blow}{met}; ready again in {back:.1f} s, silent for {silence:.1f} s;"
            f" asked {len(asked)}, left open {lost},"
            f" settled and compared in {settled:.1f} s"
        )

    def close(self) -> None:
        """Ask again for everything that was ever acknowledged, and look at the books once more."""
        if not self._tally.findings:
            self._load.replay(self._journal.records)
            self._books.compare(self._journal.records)
        self._books.check()
        self._carried.compare()
        self._carried.check()

    def check(self) -> None:
        """Run the checker, and compare what was carried with what was written."""
        self._books.check()
        self._carried.compare()

    def _strike(self, blow: Blow) -> bool:
        """Kill; tells whether anybody was there to be killed."""
        if blow.target is not None:
            self._kill(blow.target, blow.choice)
            return True
        assert blow.point is not None
        assert blow.death is not None
        points.arm(self._stack.points_dir, blow.point, blow.death)
        deadline = time.monotonic() + MEET_SECONDS
        while not points.met(self._stack.points_dir, blow.point):
            if time.monotonic() > deadline:
                points.disarm(self._stack.points_dir, blow.point)
                self._tally.count(f"never met: {blow.point}")
                return False
            time.sleep(0.005)
        self._tally.kills[f"{blow.death.victim} at {blow.point}"] += 1
        if blow.death.victim is not Victim.WORKER:
            time.sleep(0.1)  # the postmaster notices, or its parent does
        return True

    def _kill(self, target: Target, choice: float) -> None:
        """Kill at this very moment, if there is anybody."""
        found = self._found(target)
        if target in {Target.WORKER, Target.BACKEND} and found:
            found = [found[int(choice * len(found))]]
        processes.kill(found)
        if found:
            self._tally.kills[f"{target} at a random moment"] += 1
        time.sleep(0.1)
        if target is Target.TAIL:
            self._stack.lose_tail()

    def _found(self, target: Target) -> list[int]:
        if target in {Target.WORKER, Target.WORKERS}:
            return self._stack.web_workers()
        if target is Target.MASTER:
            return [self._stack.web_master()]
        if target is Target.BACKEND:
            return self._stack.backends()
        if target is Target.VALKEY:
            return [self._stack.valkey()]
        if target in {Target.NATS, Target.TAIL}:
            return [self._stack.nats()]
        if target in {Target.RELAY, Target.CONSUMERS}:
            return [self._stack.carrier("relay" if target is Target.RELAY else "consumers")]
        postmaster = self._stack.postmaster()
        whole = target is Target.POSTGRES
        return [postmaster, *(processes.children_of(postmaster) if whole else [])]

    def _settle_and_compare(self, asked: list[Record], *, replays: int) -> None:
        """Retry what is open, compare the books, replay what is known, compare again."""
        self._load.settle([record for record in asked if record.answer is None])
        if self._tally.findings:
            return
        self._books.compare(self._journal.records)
        older = self._journal.records[: len(self._journal.records) - len(asked)]
        sample = self._rng.sample(older, min(replays, len(older)))
        self._load.replay([*asked, *sample])
        self._books.compare(self._journal.records)


def _longest_silence(records: Sequence[Record]) -> float:
    """The longest time in which no client of the load was answered."""
    moments = sorted(record.answered_at for record in records if record.answer)
    return max((later - sooner for sooner, later in itertools.pairwise(moments)), default=0.0)
