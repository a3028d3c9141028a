"""One field for all attacks of a worker, made through the real services."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql

from tests.attacks.field import Attacker, Field
from tests.attacks.founding import found
from tests.connecting import close_connections, point_at
from tests.servers import SUPERUSER_VARIABLE, clone_database, drop_database
from tests.world import build_world
from vaultcraft.embedded.bootstrap import ATTRIBUTES


@pytest.fixture(scope="session")
def field(django_db_blocker: Any) -> Iterator[Field]:
    """A database of its own, closed to everybody but the roles, as in production."""
    name = f"vaultcraft_field_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    clone_database(name=name)
    _close(name)
    own = point_at(name)
    with django_db_blocker.unblock():
        field = found(build_world(), database=name)
        close_connections()
    point_at(own)
    yield field
    drop_database(name=name)


@pytest.fixture
def attacker(field: Field) -> Iterator[Attacker]:
    with psycopg.connect(os.environ["DATABASE_URL"], dbname=field.database) as connection:
        yield Attacker(field, connection)
        connection.rollback()


def _close(database: str) -> None:
    """Grants on a database are not copied with it."""
    name = sql.Identifier(database)
    with psycopg.connect(os.environ[SUPERUSER_VARIABLE], autocommit=True) as connection:
        connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM public").format(name))
        for role in ATTRIBUTES:
            connection.execute(
                sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(name, sql.Identifier(role))
            )
