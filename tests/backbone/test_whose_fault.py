"""A failure of the database is the event's own, unless the database is away."""

from __future__ import annotations

import asyncio
import datetime as dt

import psycopg
import pytest
from django.db import InterfaceError, OperationalError, connection
from psycopg import errors as pg

from events.consuming import Consumer, Event, running
from events.consuming.judging import database_is_away, lost_a_race
from events.models import FailedDelivery
from tests.backbone.scenes import namespace, relaying, session, taking_in, write
from tests.backbone.test_taking import effects, note, until
from tests.database import all_seeing


def ask(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


class Troubled:
    """A handler that asks the database for something special about one event, so many times."""

    def __init__(self, statement: str, *, times: int) -> None:
        self._statement, self._left = statement, times

    def __call__(self, event: Event, now: dt.datetime) -> None:
        note(event, now)
        if event.payload["about"] == "bad" and self._left:
            self._left -= 1
            ask(self._statement)

    def consumer(self) -> Consumer:
        return Consumer(name="test", names=frozenset({"accounts.session.opened"}), handle=self)


async def scene(handler: Troubled, *, wanted: list[str]) -> None:
    with session() as alice:
        async with namespace(), relaying(), taking_in(handler.consumer()):
            for about in ("a", "bad", "b"):
                write(alice, about)
            await until(wanted, seconds=20)


def failures() -> list[str]:
    with all_seeing():
        return list(FailedDelivery.objects.values_list("error", flat=True))


def test_a_statement_that_takes_too_long_counts_against_its_event(committed_db: str) -> None:
    """Otherwise all would stand behind it for ever: every round it is canceled again."""
    slow = Troubled("SET LOCAL statement_timeout = 50; SELECT pg_sleep(60)", times=99)
    asyncio.run(scene(slow, wanted=["a", "b"]))
    assert [told.partition(":")[0] for told in failures()] == ["OperationalError"]


def test_a_backend_that_is_ended_counts_against_nobody(
    committed_db: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "ACK_WAIT_SECONDS", 1.0)
    ended = Troubled("SELECT pg_terminate_backend(pg_backend_pid())", times=1)
    asyncio.run(scene(ended, wanted=["a", "bad", "b"]))
    assert failures() == []


def test_a_lost_race_begins_again_at_once(committed_db: str) -> None:
    race = "DO $$ BEGIN RAISE SQLSTATE '40001'; END $$"
    asyncio.run(scene(Troubled(race, times=2), wanted=["a", "bad", "b"]))
    assert failures() == []
    assert effects() == ["a", "bad", "b"]


def caused(cause: Exception, *, kind: type[Exception] = OperationalError) -> Exception:
    error = kind("told by Django")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    "error",
    [
        caused(pg.ConnectionFailure()),
        caused(pg.SqlclientUnableToEstablishSqlconnection()),
        caused(pg.AdminShutdown()),
        caused(pg.CrashShutdown()),
        caused(pg.CannotConnectNow()),
        caused(pg.TooManyConnections()),
        caused(psycopg.OperationalError("the server closed the connection unexpectedly")),
        caused(psycopg.InterfaceError("the connection is closed"), kind=InterfaceError),
    ],
    ids=lambda error: type(error.__cause__).__name__,
)
def test_away(error: Exception) -> None:
    assert database_is_away(error)
    assert not lost_a_race(error)


@pytest.mark.parametrize(
    "error",
    [
        caused(pg.QueryCanceled()),
        caused(pg.LockNotAvailable()),
        caused(pg.DiskFull()),
        caused(pg.DatabaseDropped()),
        OperationalError("raised by a handler"),
        ValueError("of a handler"),
    ],
    ids=lambda error: type(error.__cause__ or error).__name__,
)
def test_the_events_own(error: Exception) -> None:
    assert not database_is_away(error)
    assert not lost_a_race(error)


@pytest.mark.parametrize("cause", [pg.SerializationFailure(), pg.DeadlockDetected()])
def test_a_race(cause: Exception) -> None:
    assert lost_a_race(caused(cause))
    assert not database_is_away(caused(cause))
