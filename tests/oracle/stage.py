"""A database for every example: a clone of one in which the cast stands ready."""

from __future__ import annotations

import contextlib
import itertools
import os
from collections.abc import Iterator, Sequence

import psycopg
from pytest_django.plugin import DjangoDbBlocker

from tests.connecting import close_connections, point_at
from tests.oracle.casting import Cast
from tests.oracle.product import build_cast
from tests.servers import SUPERUSER_VARIABLE, address_of, clone_database, drop_database

_numbers = itertools.count(1)


class Stage:
    """The prepared database, and who stands in it."""

    def __init__(self, name: str, cast: Cast) -> None:
        self.name = name
        self.cast = cast

    @contextlib.contextmanager
    def example(self) -> Iterator[str]:
        """Point every connection at a fresh clone for the length of the block; its name."""
        name = f"{self.name}_{next(_numbers)}"
        clone_database(name=name, template=self.name)
        before = point_at(name)
        try:
            yield name
        finally:
            close_connections()
            point_at(before)
            drop_database(name=name)

    @contextlib.contextmanager
    def damaged(self, statements: Sequence[str]) -> Iterator[Stage]:
        """The same stage with a database in which a superuser has been at work."""
        name = f"{self.name}_{next(_numbers)}"
        clone_database(name=name, template=self.name)
        try:
            _as_superuser(name, statements)
            yield Stage(name, self.cast)
        finally:
            drop_database(name=name)


def _as_superuser(database: str, statements: Sequence[str]) -> None:
    address = address_of(url=os.environ[SUPERUSER_VARIABLE], database=database)
    with psycopg.connect(address, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


@contextlib.contextmanager
def prepared(blocker: DjangoDbBlocker) -> Iterator[Stage]:
    """Build the cast through the services, once, in a database that examples are cloned from."""
    name = f"vaultcraft_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_oracle_{next(_numbers)}"
    clone_database(name=name)
    before = point_at(name)
    try:
        with blocker.unblock():
            cast = build_cast()
            point_at(before)
            yield Stage(name, cast)
    finally:
        close_connections()
        point_at(before)
        drop_database(name=name)
