"""A database for every example: a clone of one in which the cast stands ready."""

from __future__ import annotations

import contextlib
import itertools
import os
from collections.abc import Iterator

from pytest_django.plugin import DjangoDbBlocker

from tests.fixtures import _close_connections, _point_at
from tests.oracle.product import Cast, build_cast
from tests.servers import clone_database, drop_database

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
        before = _point_at(name)
        try:
            yield name
        finally:
            _close_connections()
            _point_at(before)
            drop_database(name=name)


@contextlib.contextmanager
def prepared(blocker: DjangoDbBlocker) -> Iterator[Stage]:
    """Build the cast through the services, once, in a database that examples are cloned from."""
    name = f"vaultcraft_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_oracle_{next(_numbers)}"
    clone_database(name=name)
    before = _point_at(name)
    try:
        with blocker.unblock():
            cast = build_cast()
            _point_at(before)
            yield Stage(name, cast)
    finally:
        _close_connections()
        _point_at(before)
        drop_database(name=name)
