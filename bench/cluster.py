"""A throw-away installation: servers of our own with every promise of durability kept."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg
from psycopg import sql

from vaultcraft.embedded.bootstrap import OWNER
from vaultcraft.embedded.postgres import binary
from vaultcraft.embedded.servers import EmbeddedServers

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = "vaultcraft.settings.local"
# What leads to somebody else's servers, or changes what is measured.
_FOREIGN = ("DATABASE_", "REDIS_URL", "NATS_URL", "VAULTCRAFT_", "DJANGO_")
# The copy of the product's database that is grown, and the one that only the books are written to.
LARGE = "large"
BOOKS = "books"
_DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}


class Cluster:
    """The running servers and the ways to them."""

    def __init__(self, servers: EmbeddedServers) -> None:
        self.servers = servers

    @property
    def environment(self) -> Mapping[str, str]:
        """What the product's processes need to know."""
        return {
            **self.servers.environment,
            "VAULTCRAFT_DATA_DIR": str(self.servers.places.data_dir),
            "DJANGO_SETTINGS_MODULE": SETTINGS,
        }

    @property
    def auditor_url(self) -> str:
        return self.servers.environment["DATABASE_AUDITOR_URL"]

    def auditor_url_of(self, database: str) -> str:
        """The auditor's way into a copy."""
        return urlsplit(self.auditor_url)._replace(path=f"/{database}").geturl()

    def urls_of(self, database: str) -> dict[str, str]:
        """Every role's way into a copy, as the product's processes read it."""
        return {
            name: urlsplit(url)._replace(path=f"/{database}").geturl()
            for name, url in self.environment.items()
            if name.startswith("DATABASE_")
        }

    def superuser(self, *, database: str = "vaultcraft") -> psycopg.Connection:
        """Connect for preparation: the superuser is not under row security."""
        return psycopg.connect(self.servers.superuser_url, dbname=database, autocommit=True)

    def create_database(self, name: str) -> None:
        with self.superuser(database="postgres") as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))

    def has_database(self, name: str) -> bool:
        """Whether it was made."""
        with self.superuser(database="postgres") as connection:
            query = "SELECT FROM pg_database WHERE datname = %s"
            return connection.execute(query, [name]).rowcount == 1

    def copy_database(self, name: str) -> None:
        """Copy the product's database, with its grants; nobody else may use it meanwhile."""
        from django.db import connection as own

        pooled: Any = own
        pooled.close()
        pooled.close_pool()
        with self.superuser(database="postgres") as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE vaultcraft OWNER {}").format(
                    sql.Identifier(name), sql.Identifier(OWNER)
                )
            )

    def program(self, name: str, *arguments: str, database: str) -> str:
        """Run one of PostgreSQL's own programs as the superuser and return what it printed."""
        parts = urlsplit(self.servers.superuser_url)
        environment = {
            **os.environ,
            "PGHOST": parse_qs(parts.query)["host"][0],
            "PGUSER": parts.username or "",
            "PGPASSWORD": self.servers.secrets.superuser_password,
            "PGDATABASE": database,
        }
        command = [str(binary(name)), *arguments]
        done = subprocess.run(  # noqa: S603
            command, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{name} failed:\n{done.stderr[-2000:]}")
        return done.stdout


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    """Start servers in a temporary directory, migrate as the owner, and leave nothing behind."""
    for name in list(os.environ):
        if name.startswith(_FOREIGN):
            del os.environ[name]
    data_dir = Path(tempfile.mkdtemp(prefix="vaultcraft-bench-"))
    try:
        with EmbeddedServers(data_dir=data_dir) as servers:
            cluster = Cluster(servers)
            os.environ.update(cluster.environment)
            _require_durable(cluster)
            _migrate()
            yield cluster
    finally:
        shutil.rmtree(data_dir, ignore_errors=True)


def _require_durable(cluster: Cluster) -> None:
    """Refuse to measure a database that may forget."""
    with cluster.superuser() as connection:
        for setting, wanted in _DURABLE.items():
            found = connection.execute(f"SHOW {setting}").fetchone()
            if found != (wanted,):
                raise RuntimeError(f"{setting} is {found}, and must be {wanted}")


def _migrate() -> None:
    command = [sys.executable, str(ROOT / "manage.py"), "migrate", "--verbosity", "0"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise RuntimeError(f"the database does not migrate:\n{done.stderr[-3000:]}")
