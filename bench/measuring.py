"""Short runs of everything, in turns, so that a slow moment of the machine hits all alike."""

from __future__ import annotations

import collections
import contextlib
import dataclasses
from collections.abc import Callable, Iterable

from bench import tpcb
from bench.cluster import Cluster
from bench.hordak import Hordak
from bench.setbased import SetBased
from bench.tenants import World
from bench.web import orders
from bench.web.client import Answers, Counter, Loop, Requests
from bench.web.server import WebServer
from bench.writers import Tally, Writers

BATCH = 100
# Processes of the line that sends one transfer at a time from many.
SINGLES = 8
HTTP_CLIENTS = 32
_WRITTEN = (
    "wallets_transfer",
    "ledger_transaction",
    "ledger_entry",
    "ledger_ledgeraccount",
    "audit_auditrecord",
    "events_outboxevent",
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Plan:
    """How hard and how long."""

    rounds: int
    seconds: float
    writers: int
    bulk_clients: int
    profile: bool = False


Run = Callable[[], float]


class Bench:
    """Everything that can be measured, started when it is first needed."""

    def __init__(
        self, *, cluster: Cluster, world: World, plan: Plan, say: Callable[[str], None]
    ) -> None:
        self._cluster, self._world, self._plan, self._say = cluster, world, plan, say
        self._closing = contextlib.ExitStack()
        self.values: dict[str, list[float]] = collections.defaultdict(list)
        self.latencies: dict[str, list[float]] = collections.defaultdict(list)
        self.not_committed: collections.Counter[str] = collections.Counter()

    def measure(self, names: Iterable[str]) -> None:
        """Prepare, warm up, and run the named measurements in turns."""
        with self._closing:
            runs = {name: self._prepared(name) for name in _ORDER if name in set(names)}
            for run in runs.values():
                run()
            self._forget()
            for number in range(1, self._plan.rounds + 1):
                told = []
                for name, run in runs.items():
                    value = run()
                    self.values[name].append(value)
                    told.append(f"{name} {value:,.0f}")
                self._say(f"round {number}: {', '.join(told)}")

    def _forget(self) -> None:
        """The first run of everything only warms up."""
        self.values.clear()
        self.latencies.clear()
        self.not_committed.clear()

    def _prepared(self, name: str) -> Run:
        seconds = self._plan.seconds
        if name == "tpcb":
            self._say("preparing pgbench ...")
            tpcb.prepare(self._cluster)
            return lambda: tpcb.run(self._cluster, seconds=seconds)
        if name == "set_based":
            reference = SetBased(self._cluster, self._world)
            return lambda: reference.run(batch=BATCH, seconds=seconds)
        if name == "hordak":
            self._say("preparing django-hordak ...")
            hordak = Hordak(self._cluster)
            self._closing.callback(hordak.close)
            return lambda: hordak.run(seconds=seconds)
        if name.startswith("http"):
            return self._prepared_http(name)
        return self._prepared_writers(name)

    def _prepared_writers(self, name: str) -> Run:
        load, writers, batch = {
            "books_one": ("books_alone", 1, BATCH),
            "books_many": ("books_alone", self._plan.writers, BATCH),
            "whole_many": ("whole_transfer", self._plan.writers, BATCH),
            "across_many": ("across", self._plan.writers, BATCH),
            "whole_single": ("whole_transfer", 1, 1),
            "single_many": ("whole_transfer", SINGLES, 1),
        }[name]
        return lambda: self._written(name, load, writers, batch)

    def _written(self, name: str, load: str, writers: int, batch: int) -> float:
        before = self._bytes() if name == "whole_many" else 0
        tallies = self._writers.run(
            load,
            writers=writers,
            batch=batch,
            seconds=self._plan.seconds,
            profile=self._plan.profile,
        )
        committed = sum(tally.committed for tally in tallies)
        if name == "whole_many":
            self.values["bytes"].append((self._bytes() - before) / max(1, committed))
        self.not_committed[name] += sum(tally.refused for tally in tallies)
        self._tell_profile(tallies)
        return sum(tally.committed / tally.seconds for tally in tallies)

    def _tell_profile(self, tallies: list[Tally]) -> None:
        if self._plan.profile:
            self._say(tallies[0].profile)

    @property
    def _writers(self) -> Writers:
        if not hasattr(self, "_started_writers"):
            self._started_writers = Writers(
                count=max(self._plan.writers, SINGLES), world=self._world
            )
            self._closing.callback(self._started_writers.close)
        return self._started_writers

    def _prepared_http(self, name: str) -> Run:
        world = self._world
        made: dict[str, tuple[Requests, int, Counter, int]] = {
            "http_empty": (orders.singles(world, orders.EMPTY), 201, orders.one, HTTP_CLIENTS),
            "http_single": (orders.singles(world, orders.SINGLE), 201, orders.one, HTTP_CLIENTS),
            "http_bulk": (
                orders.batches(world, BATCH),
                200,
                orders.completed,
                self._plan.bulk_clients,
            ),
        }
        requests, status, counted, clients = made[name]

        def run() -> float:
            # New connections each time: gunicorn closes idle ones, and spreads new ones.
            loop = Loop(port=self._web.port, clients=clients)
            try:
                answers = loop.run(
                    requests, status=status, counted=counted, seconds=self._plan.seconds
                )
            finally:
                loop.close()
            return self._answered(name, answers)

        return run

    def _answered(self, name: str, answers: Answers) -> float:
        if answers.other:
            self._say(f"{name}: {answers.other} other answers, the first: {answers.first_other}")
        self.not_committed[name] += answers.other
        self.latencies[name].extend(answers.latencies)
        return answers.committed / answers.seconds

    @property
    def _web(self) -> WebServer:
        if not hasattr(self, "_started_web"):
            self._started_web = WebServer(self._cluster)
            self._closing.callback(self._started_web.close)
        return self._started_web

    def _bytes(self) -> int:
        with self._cluster.superuser() as connection:
            row = connection.execute(
                "SELECT sum(pg_total_relation_size(name)) FROM unnest(%s::regclass[]) AS name",
                [list(_WRITTEN)],
            ).fetchone()
        assert row is not None
        return int(row[0])


_ORDER = (
    "tpcb",
    "set_based",
    "books_one",
    "books_many",
    "whole_many",
    "across_many",
    "hordak",
    "whole_single",
    "single_many",
    "http_empty",
    "http_single",
    "http_bulk",
)
