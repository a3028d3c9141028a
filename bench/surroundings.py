"""What measurements share: the servers, the world, and processes started when first needed."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
from collections.abc import Callable

from bench.cluster import BOOKS, Cluster
from bench.interleaving import Interleaver
from bench.parts import copy_without_row_security
from bench.tenants import Large, World
from bench.web.server import WebServer
from bench.writers import Writers

# Processes of the line that sends one transfer at a time from many.
SINGLES = 8


@dataclasses.dataclass(frozen=True, kw_only=True)
class Plan:
    """How hard and how long. Only a run of the plan as it stands here is written down."""

    rounds: int = 5
    seconds: float = 1.6
    writers: int = 4
    bulk_clients: int = 8
    large_accounts: int = 1_000_000
    profile: bool = False


class Surroundings:
    """Databases are made before the processes: a database in use cannot be copied."""

    def __init__(
        self, *, cluster: Cluster, world: World, plan: Plan, say: Callable[[str], None]
    ) -> None:
        self.cluster, self.world, self.plan, self.say = cluster, world, plan, say
        self.closing = contextlib.ExitStack()

    def close(self) -> None:
        """End every process."""
        self.closing.close()

    @functools.cached_property
    def writers(self) -> Writers:
        """Processes that call the product."""
        writers = Writers(count=max(self.plan.writers, SINGLES), world=self.world)
        self.closing.callback(writers.close)
        return writers

    @functools.cached_property
    def interleaver(self) -> Interleaver:
        """One process that takes turns between compositions and databases."""
        interleaver = Interleaver()
        self.closing.callback(interleaver.close)
        return interleaver

    @functools.cached_property
    def web(self) -> WebServer:
        """The product's web server."""
        web = WebServer(self.cluster)
        self.closing.callback(web.close)
        return web

    @functools.cached_property
    def open_web(self) -> WebServer:
        """The same server on a copy of the database that has no row security."""
        copied = copy_without_row_security(self.cluster, self.world, name="open_over_http")
        web = WebServer(self.cluster, database=copied.database)
        self.closing.callback(web.close)
        return web

    @functools.cached_property
    def books(self) -> str:
        """The name of a copy of the database for what posts without a transfer."""
        self.cluster.copy_database(BOOKS)
        return BOOKS

    @functools.cached_property
    def large(self) -> Large:
        """A copy of the world with very many accounts, one of them with as many entries."""
        from bench.large import build_large

        count = self.plan.large_accounts
        self.say(f"building {count:,} accounts and an account of {count:,} entries ...")
        return build_large(self.cluster, self.world, count=count)
