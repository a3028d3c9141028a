"""A pooled connection never carries one tenant's view to the next, whatever ended its last use."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, connections

from accounts.look_ups import session_with_id
from accounts.models import User
from accounts.services.api_keys import authenticate
from accounts.services.sessions import open_browser_session
from kernel import clock
from kernel.actor import Door
from kernel.context import Context, Scope, reading, reading_as
from kernel.transactions import opens_transaction
from ledger.models import Entry
from tests.database import rows
from tests.world import World, build_world

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("accounts", "api", "audit", "events", "kernel", "ledger", "vaultcraft", "wallets", "web")


@pytest.fixture
def pooled(committed_db: str) -> Iterator[World]:
    """The world, behind a pool of one connection: whoever asks gets the same one."""
    world = build_world()
    connection.close()
    options = connections.settings["default"]["OPTIONS"]
    options["pool"] = {"min_size": 1, "max_size": 1, "timeout": 10}
    del connections["default"]
    yield world
    connections["default"].close()
    connections["default"].close_pool()  # type: ignore[attr-defined] # PostgreSQL's wrapper has it
    options.pop("pool")
    del connections["default"]


class Stumbled(Exception):
    """What went wrong in the middle of a view."""


def reads(world: World) -> None:
    with reading(world.actor(world.alice)):
        assert Entry.objects.exists()


def reads_as_the_platform(world: World) -> None:
    with reading_as(Context(scope=Scope.PLATFORM)):
        assert User.objects.count() == 4


def signs_in(world: World) -> None:
    with reading_as(Context(scope=Scope.SIGN_IN)):
        assert User.objects.filter(email="alice@acme.test").exists()


def looks_up_a_session(world: World) -> None:
    opened = open_browser_session(actor=world.actor(world.alice), now=clock.now())
    assert session_with_id(session_id=opened.id, now=clock.now())


def looks_up_a_key(world: World) -> None:
    now = clock.now()
    authenticate(secret=world.acme_key, door=Door.API, request_id="t", ip=None, now=now)


def moves_money(world: World) -> None:
    assert world.send().error is None


def stumbles(world: World) -> None:
    with contextlib.suppress(Stumbled), reading(world.actor(world.alice)):
        assert Entry.objects.exists()
        raise Stumbled


def is_refused_by_the_database(world: World) -> None:
    with pytest.raises(DatabaseError), reading(world.actor(world.alice)):
        rows("SELECT 1 / 0")


def is_refused_in_a_pipeline(world: World) -> None:
    @opens_transaction(pipelined=True)
    def use_case(*, actor: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO ledger_currency (code) VALUES ('XXX')")

    with pytest.raises(DatabaseError):
        use_case(actor=world.actor(world.alice))


def runs_out_of_time(world: World) -> None:
    with pytest.raises(DatabaseError), reading(world.actor(world.alice)):
        rows("SET LOCAL statement_timeout = '20ms'; SELECT pg_sleep(5)")


USES: list[Callable[[World], None]] = [
    reads,
    reads_as_the_platform,
    signs_in,
    looks_up_a_session,
    looks_up_a_key,
    moves_money,
    stumbles,
    is_refused_by_the_database,
    is_refused_in_a_pipeline,
    runs_out_of_time,
]


def test_the_next_one_sees_nothing(pooled: World) -> None:
    """With the same connection of PostgreSQL, unless an error cost it."""
    backends = set()
    for use in USES:
        use(pooled)
        connection.close()  # back into the pool, as at the end of a request
        assert rows(
            "SELECT coalesce(current_setting('vaultcraft.organizations', true), ''),"
            " coalesce(current_setting('vaultcraft.scope', true), '')"
        ) == [("", "")], use.__name__
        assert not User.objects.exists(), use.__name__
        assert not Entry.objects.exists(), use.__name__
        with reading(pooled.actor(pooled.charlie)):
            assert set(User.objects.values_list("full_name", flat=True)) == {"Charlie"}
        backends.add(rows("SELECT pg_backend_pid()")[0][0])
        connection.close()
    assert len(backends) < len(USES), "the connection was never used again"


def test_no_view_outlives_a_transaction() -> None:
    """Nothing of ours sets a view for longer: the third argument is always true."""
    found = [
        f"{path.relative_to(ROOT)}: {call}"
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        if "tests" not in path.parts
        for call in re.findall(
            r"set_config\(\s*'vaultcraft[^;]*?,\s*false\s*\)|SET (?:SESSION )?vaultcraft\.",
            path.read_text(),
        )
    ]
    assert found == []
