"""The private stack: PostgreSQL with every promise of durability, Valkey, NATS, two web workers,
a relay and consumers."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import psycopg

from kernel.rates.table import RouteClass, variable
from tests import servers as suite
from tests.torture import points, processes
from tests.torture.world import World, read
from vaultcraft.embedded import postgres
from vaultcraft.embedded.ports import free_port
from vaultcraft.embedded.processes import Child, Program, stop_all
from vaultcraft.embedded.servers import EmbeddedServers
from vaultcraft.supervisor.programs import ROOT, product_programs
from vaultcraft.supervisor.watch import RESTARTS

APPLICATION = "tests.torture.doomed_wsgi"
LEASE_SECONDS = 2.0  # of an idempotency guard; 60 in the product, and no run is that patient
UP_SECONDS = 60.0
GONE_SECONDS = 20.0
COMMAND_SECONDS = 120
BACKBONE = "tests.torture.doomed_backbone"
_ASKED = (RouteClass.READS, RouteClass.CHANGES, RouteClass.MONEY, RouteClass.BATCHES)
_FOREIGN = ("DATABASE_", "REDIS_URL", "NATS_URL", "VAULTCRAFT_", "DJANGO_", "PROMETHEUS_")
_DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}


class Stack:
    """What runs, how to kill parts of it, and how to bring them back."""

    def __init__(self, *, servers: EmbeddedServers, points_dir: Path) -> None:
        self.servers = servers
        self.points_dir = points_dir
        self.port = free_port()
        self.cluster = postgres.cluster_dir(servers.places)
        self._web = Child(program=self._web_program())
        self._web_starts = 0
        self._orphans: list[int] = []
        self._carriers = {
            name: Child(program=self._carrier_program(name)) for name in ("relay", "consumers")
        }
        self._kept = servers.places.data_dir / "kept"
        self.wait()

    @property
    def auditor_url(self) -> str:
        """The role that sees every row."""
        return self.servers.environment["DATABASE_AUDITOR_URL"]

    def web_workers(self) -> list[int]:
        """gunicorn's workers."""
        return processes.children_of(self._web.pid)

    def web_master(self) -> int:
        """gunicorn's first process. Its workers are remembered: they outlive it for a moment."""
        self._orphans = self.web_workers()
        return self._web.pid

    def backends(self) -> list[int]:
        """The processes of PostgreSQL that serve the application."""
        found = processes.children_of(self._postgres.pid)
        return [pid for pid in found if "vaultcraft_app" in processes.title_of(pid)]

    def postmaster(self) -> int:
        """PostgreSQL's first process."""
        return self._postgres.pid

    def valkey(self) -> int:
        """The cache."""
        return self._server("valkey").pid

    def nats(self) -> int:
        """The broker."""
        return self._server("nats").pid

    def carrier(self, name: str) -> int:
        """The relay, or the consumers."""
        return self._carriers[name].pid

    def lose_tail(self) -> None:
        """Let a dead NATS have the messages of the last time, if there was one; keep these."""
        stored = self.servers.places.data_dir / "nats"
        for place in stored.glob("jetstream/*/streams/VAULTCRAFT_EVENTS/msgs"):
            now = self._kept.with_suffix(".now")
            shutil.copytree(place, now)
            if self._kept.exists():
                shutil.rmtree(place)
                shutil.move(self._kept, place)
            shutil.move(now, self._kept)

    def revive(self) -> None:
        """Start what is not running any more, until the product answers.

        :raises RuntimeError: something does not come back, or does not go away.
        """
        self._web_starts = 0
        self._until(self._back, "everything to come back")

    def wait(self) -> None:
        """Wait until the product answers for the first time.

        :raises RuntimeError: it does not in time.
        """
        self._until(lambda: self._web_answers() or not self._web.running, "/readyz to say yes")
        if not self._web.running:
            raise RuntimeError(f"gunicorn ended:\n{self._web.log_tail(lines=40)}")

    def stop(self) -> None:
        """End the product; the servers are ended by whoever started them."""
        stop_all([*self._carriers.values(), self._web], gentle_seconds=5)
        with contextlib.suppress(RuntimeError):
            self._until(self._orphans_gone, "orphans", seconds=5)
        processes.kill(pid for pid in self._orphans if APPLICATION in processes.title_of(pid))

    def log_tails(self) -> str:
        """The ends of the logs, for a report."""
        children = [*self.servers.children, *self._carriers.values(), self._web]
        return "\n".join(f"--- {c.program.name}\n{c.log_tail(lines=25)}" for c in children)

    @property
    def _postgres(self) -> Child:
        return self._server("postgres")

    def _server(self, name: str) -> Child:
        return next(child for child in self.servers.children if child.program.name == name)

    def _back(self) -> bool:
        """Start what has ended; tells whether all of it answers by now.

        :raises RuntimeError: gunicorn ends more often than the supervisor would start it again.
        """
        for child in list(self.servers.children):
            if not child.running and not (child is self._postgres and self._remains()):
                position = self.servers.children.index(child)
                self.servers.children[position] = Child(program=child.program)
        for name, child in self._carriers.items():
            if not child.running:
                self._carriers[name] = Child(program=child.program)
        if not self._web.running:
            if self._web_starts > RESTARTS:
                raise RuntimeError(f"gunicorn ended:\n{self._web.log_tail(lines=40)}")
            self._web_starts += 1
            self._web = Child(program=self._web.program)
        return self._database_answers() and self._web_answers() and self._orphans_gone()

    def _remains(self) -> bool:
        """Whether processes of a dead PostgreSQL are still about: no other may start then."""
        return bool(processes.inside(self.cluster))

    def _web_program(self) -> Program:
        """gunicorn as `make up` starts it, with the application that can be made to die."""
        web = self._program("web")
        more = {
            points.DIRECTORY_VARIABLE: str(self.points_dir),
            points.LEASE_VARIABLE: str(LEASE_SECONDS),
            # Its few clients ask without pause; the limits are counted and never met.
            **{variable(route, of_address=False): "1000000/60" for route in _ASKED},
            **{variable(route, of_address=True): "1000000/60" for route in _ASKED},
        }
        return dataclasses.replace(
            web,
            command=[*web.command[:-1], APPLICATION],
            environment={**web.environment, **more},
        )

    def _carrier_program(self, name: str) -> Program:
        """As `make up` starts it, but that it can be made to die."""
        program = self._program(name)
        return dataclasses.replace(
            program,
            command=[sys.executable, "-m", BACKBONE, program.command[-1]],
            environment={
                **program.environment,
                points.DIRECTORY_VARIABLE: str(self.points_dir),
            },
        )

    def _program(self, name: str) -> Program:
        programs = product_programs(
            places=self.servers.places, addresses=[f"127.0.0.1:{self.port}"]
        )
        return next(program for program in programs if program.name == name)

    def _orphans_gone(self) -> bool:
        return not any(APPLICATION in processes.title_of(pid) for pid in self._orphans)

    def _database_answers(self) -> bool:
        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(self.servers.superuser_url, connect_timeout=5).close()
            return True
        return False

    def _web_answers(self) -> bool:
        try:
            urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=10).close()
        except (URLError, OSError):
            return False
        return True

    def _until(self, wanted: Callable[[], bool], what: str, *, seconds: float = UP_SECONDS) -> None:
        deadline = time.monotonic() + seconds
        while not wanted():
            if time.monotonic() > deadline:
                raise RuntimeError(f"waited {seconds:.0f} s for {what}\n{self.log_tails()}")
            time.sleep(0.05)


@contextlib.contextmanager
def running_stack(directory: Path) -> Iterator[tuple[Stack, World]]:
    """Start everything below a directory, found the world, and end every process afterwards."""
    for name in list(os.environ):
        if name.startswith(_FOREIGN):
            del os.environ[name]
    points_dir = directory / "points"
    points_dir.mkdir()
    servers = EmbeddedServers(data_dir=_data_dir(directory))
    stack = None
    try:
        servers.start()
        _prepare_database(servers)
        _manage("-m", "tests.torture.founding", str(directory / "world.json"))
        stack = Stack(servers=servers, points_dir=points_dir)
        yield stack, read(directory / "world.json")
    finally:
        if stack is not None:
            stack.stop()
        _end(servers)


def _data_dir(directory: Path) -> Path:
    """A data directory; with the suite's migrated cluster in it, if there is one that fits."""
    data_dir = directory / "data"
    cached = suite.CACHE_DIR / suite._fingerprint()
    if cached.exists():
        suite._copy_cluster(source=cached, target=data_dir)
    return data_dir


def _prepare_database(servers: EmbeddedServers) -> None:
    """Have every table, and be sure that the database keeps what it promises."""
    settings = "vaultcraft.settings.local"
    os.environ |= {**servers.environment, "DJANGO_SETTINGS_MODULE": settings}
    os.environ["VAULTCRAFT_DATA_DIR"] = str(servers.places.data_dir)
    with psycopg.connect(servers.superuser_url, autocommit=True) as superuser:
        for setting, wanted in _DURABLE.items():
            if superuser.execute(f"SHOW {setting}").fetchone() != (wanted,):
                raise RuntimeError(f"{setting} must be {wanted}")
        kept = superuser.execute(
            "SELECT 1 FROM pg_database WHERE datname = %s", [suite.TEMPLATE]
        ).fetchone()
    if kept:
        os.environ[suite.SUPERUSER_VARIABLE] = servers.superuser_url
        suite.drop_database(name=postgres.DATABASE)
        suite.clone_database(name=postgres.DATABASE)
    else:
        _manage("manage.py", "migrate", "--verbosity", "0")


def _manage(*arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{arguments} failed:\n{done.stdout[-200:]}{done.stderr[-1500:]}")


def _end(servers: EmbeddedServers) -> None:
    """Stop the servers, and whatever of PostgreSQL outlived its first process."""
    cluster = postgres.cluster_dir(servers.places)
    servers.stop()
    deadline = time.monotonic() + GONE_SECONDS
    while processes.inside(cluster) and time.monotonic() < deadline:
        time.sleep(0.05)
    processes.kill(processes.inside(cluster))
    servers.places.clear()
    shutil.rmtree(servers.places.data_dir / "run", ignore_errors=True)
