"""Fixtures for every room's tests.

Three ways to a database, and nothing ever flushes (TRUNCATE is refused by design):

- `@pytest.mark.django_db`: a database of this worker's, rolled back after the test. Fast; the
  default. It is empty or, for a test that asks for `world`, holds the world: see tests/founded.py.
- `committed_db`: a clone of the one or the other for one test that commits or uses threads.
- `server`: a live HTTP server on such a clone, for browsers and real clients.

All connect as the application role; `connections["owner"]` and `connections["auditor"]` lead to
the same database (they see only what is committed, so use them with `committed_db`).
"""

import functools
import itertools
from collections.abc import Generator, Iterator

import pytest
import redis
from django.conf import settings
from pytest_django.live_server_helper import LiveServer
from pytest_django.plugin import DjangoDbBlocker, blocking_manager_key

from accounts.services.runtime import forget, value_of
from accounts.system import MONEY_READ_ONLY
from kernel.rates import admission
from tests.connecting import close_connections, point_at
from tests.database import rolled_back
from tests.founded import founded
from tests.servers import TEMPLATE, clone_database, drop_database, own_database
from tests.world import World

ADVICE = "Nothing may flush this database: use the fixture `committed_db` instead."
# Files of minutes. One that is begun last keeps one worker busy while the others have gone home.
LONGEST = (
    "tests/oracle/",
    "tests/torture/",
    "tests/operations/",
    "tests/api/test_schemathesis.py",
    "tests/journeys/",
    "tests/backbone/",
    "tests/architecture/test_migrations.py",
)

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
    _cache_server().flushdb()


@functools.cache
def _cache_server() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL)


@pytest.fixture
def committed_db(
    request: pytest.FixtureRequest, django_db_blocker: DjangoDbBlocker
) -> Generator[str]:
    """Give one test a database of its own, and its name."""
    if request.node.get_closest_marker("django_db"):
        pytest.fail("`committed_db` and @pytest.mark.django_db exclude each other.", pytrace=False)
    name = f"{own_database()}_{next(_numbers)}"
    template = founded(django_db_blocker).template if wants_world(request.node) else TEMPLATE
    clone_database(name=name, template=template)
    own = point_at(name)
    try:
        with django_db_blocker.unblock():
            yield name
            close_connections()
    finally:
        close_connections()
        point_at(own)
        drop_database(name=name)


@pytest.fixture
def server(committed_db: str) -> Generator[LiveServer]:
    """Serve the product over HTTP from this process; `server.url` is its address."""
    live = LiveServer("localhost")
    try:
        yield live
    finally:
        live.stop()


@pytest.fixture
def world(request: pytest.FixtureRequest, django_db_blocker: DjangoDbBlocker) -> World:
    """The world, in `committed_db` when the test asks for that, else rolled back with the test.

    As in a process that has worked before, the settings are known: no test counts their reading.
    """
    request.getfixturevalue("committed_db" if "committed_db" in request.fixturenames else "db")
    value_of(MONEY_READ_ONLY)
    return founded(django_db_blocker).world()


@pytest.fixture(scope="module")
def shared_world(django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """The world in a transaction around a module, for what is too dear to build for each test.

    What a fixture of the module adds to it, all of its tests see; what a test adds is rolled back.
    """
    with django_db_blocker.unblock(), rolled_back():
        yield founded(django_db_blocker).world()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Lead the test to the database it wants before any fixture of it connects."""
    wanted = own_database()
    if wants_world(item):
        wanted = founded(item.config.stash[blocking_manager_key]).database
    point_at(wanted)


def wants_world(item: pytest.Item) -> bool:
    """Whether the test, or any fixture of it, asks for the world."""
    return not {"world", "shared_world"}.isdisjoint(getattr(item, "fixturenames", ()))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse what would flush; begin with what takes longest, so that workers end together."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))
    for item in items:
        marker = item.get_closest_marker("django_db")
        flushes = marker is not None and marker.kwargs.get("transaction")
        if flushes or {"transactional_db", "live_server"} & set(getattr(item, "fixturenames", ())):
            raise pytest.UsageError(f"{item.nodeid}: {ADVICE}")
