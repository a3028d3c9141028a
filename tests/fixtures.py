"""Fixtures for every room's tests.

Three ways to a database, and nothing ever flushes (TRUNCATE is refused by design):

- `@pytest.mark.django_db`: this worker's database, rolled back after the test. Fast; the default.
- `committed_db`: a clone of the template for one test that really commits or uses threads.
- `server`: a live HTTP server on such a clone, for browsers and real clients.

All connect as the application role; `connections["owner"]` and `connections["auditor"]` lead to
the same database (they see only what is committed, so use them with `committed_db`).
"""

import itertools
import os
from collections.abc import Generator

import pytest
import redis
from django.conf import settings
from django.db import connections
from pytest_django.live_server_helper import LiveServer
from pytest_django.plugin import DjangoDbBlocker

from accounts.services.runtime import forget
from kernel.rates import admission
from tests.servers import clone_database, drop_database

ADVICE = "Nothing may flush this database: use the fixture `committed_db` instead."

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def django_db_setup() -> None:
    """Replace pytest-django's own: tests/servers.py has made the database already."""


@pytest.fixture(autouse=True)
def _fresh_cache() -> None:
    """Start every test with an empty cache: throttles and one-time codes live there.

    What a process counted by itself while a test's cache was stopped is forgotten, too.
    """
    forget()
    admission._counting.cache_clear()
    redis.Redis.from_url(settings.REDIS_URL).flushdb()


@pytest.fixture
def committed_db(
    request: pytest.FixtureRequest, django_db_blocker: DjangoDbBlocker
) -> Generator[str]:
    """Give one test a database of its own, and its name."""
    if request.node.get_closest_marker("django_db"):
        pytest.fail("`committed_db` and @pytest.mark.django_db exclude each other.", pytrace=False)
    name = f"vaultcraft_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{next(_numbers)}"
    clone_database(name=name)
    own = _point_at(name)
    try:
        with django_db_blocker.unblock():
            yield name
            _close_connections()
    finally:
        _close_connections()
        _point_at(own)
        drop_database(name=name)


@pytest.fixture
def server(committed_db: str) -> Generator[LiveServer]:
    """Serve the product over HTTP from this process; `server.url` is its address."""
    live = LiveServer("localhost")
    try:
        yield live
    finally:
        live.stop()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse what would flush."""
    for item in items:
        marker = item.get_closest_marker("django_db")
        flushes = marker is not None and marker.kwargs.get("transaction")
        if flushes or {"transactional_db", "live_server"} & set(getattr(item, "fixturenames", ())):
            raise pytest.UsageError(f"{item.nodeid}: {ADVICE}")


def _point_at(name: str) -> str:
    """Lead every alias, in this and later threads, to a database; return the previous one."""
    _close_connections()
    previous = str(connections.settings["default"]["NAME"])
    for alias in connections:
        connections.settings[alias]["NAME"] = name
    return previous


def _close_connections() -> None:
    """Close this thread's connections."""
    for connection in connections.all(initialized_only=True):
        connection.close()
