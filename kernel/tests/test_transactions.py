"""Who owns the commit: use cases open, steps demand, PostgreSQL's refusals are tried again."""

from __future__ import annotations

import os
import threading

import psycopg
import pytest
from django.db import (
    IntegrityError,
    OperationalError,
    ProgrammingError,
    connection,
    connections,
    transaction,
)
from django.db.utils import DataError

from kernel.actor import Actor, Door, system
from kernel.context import Context
from kernel.errors import Busy, InvariantBroken
from kernel.metrics import transaction_retries
from kernel.transactions import (
    MAX_ATTEMPTS,
    needs_transaction,
    opens_transaction,
    sqlstate_of,
    tune,
)
from tests.servers import SUPERUSER_VARIABLE

ROOT = system(door=Door.COMMAND, request_id="test")


@needs_transaction
def add(*, name: str, amount: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE probe SET amount = amount + %s WHERE name = %s", [amount, name])


@opens_transaction
def raise_both(*, actor: Actor, first: str, second: str, meeting: threading.Barrier) -> None:
    add(name=first, amount=1)
    _meet(meeting)
    add(name=second, amount=1)


def test_a_use_case_commits(probe: None) -> None:
    @opens_transaction
    def spend(*, actor: Actor) -> None:
        add(name="a", amount=5)

    spend(actor=ROOT)

    assert _amounts("owner") == {"a": 5, "b": 0}


def test_a_use_case_that_raises_leaves_nothing(probe: None) -> None:
    @opens_transaction
    def spend(*, actor: Actor) -> None:
        add(name="a", amount=5)
        raise LookupError

    with pytest.raises(LookupError):
        spend(actor=ROOT)
    assert _amounts("owner") == {"a": 0, "b": 0}


def test_a_use_case_refuses_to_run_inside_another_transaction(probe: None) -> None:
    @opens_transaction
    def spend(*, actor: Actor) -> None:
        add(name="a", amount=5)

    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        spend(actor=ROOT)
    assert _amounts() == {"a": 0, "b": 0}


def test_a_step_refuses_to_run_outside(probe: None) -> None:
    with pytest.raises(InvariantBroken, match="add was called outside a transaction"):
        add(name="a", amount=5)
    assert _amounts() == {"a": 0, "b": 0}


@pytest.mark.django_db
def test_the_transaction_of_a_test_case_does_not_count() -> None:
    assert connection.in_atomic_block
    with pytest.raises(InvariantBroken):
        add(name="a", amount=5)


@pytest.mark.django_db
def test_a_use_case_runs_under_a_test_case() -> None:
    seen = []

    @needs_transaction
    def step() -> None:
        seen.append(len(connection.atomic_blocks))

    @opens_transaction
    def use_case(*, actor: Actor) -> None:
        step()

    use_case(actor=ROOT)
    assert seen == [2]


def test_a_deadlock_is_tried_again_until_both_succeed(probe: None) -> None:
    before = _retries("40P01")
    meeting = threading.Barrier(2)
    ways = (("a", "b"), ("b", "a"))

    failures = _together([lambda way=way: _raise(way, meeting) for way in ways])

    assert failures == []
    assert _amounts() == {"a": 2, "b": 2}
    assert _retries("40P01") == before + 1


def test_a_serialization_failure_is_tried_again(probe: None) -> None:
    attempts: list[int] = []

    @opens_transaction(context=_nothing)
    def spend() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            cursor.execute("SELECT amount FROM probe WHERE name = 'a'")
        attempts.append(len(attempts))
        if len(attempts) == 1:
            _add_from_elsewhere("a", 10)
        add(name="a", amount=1)

    spend()

    assert attempts == [0, 1]
    assert _amounts() == {"a": 11, "b": 0}


def test_attempts_have_an_end(probe: None) -> None:
    before, attempts = _retries("40001"), []

    @opens_transaction(context=_nothing)
    def spend() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            cursor.execute("SELECT amount FROM probe WHERE name = 'a'")
        attempts.append(1)
        _add_from_elsewhere("a", 10)
        add(name="a", amount=1)

    with pytest.raises(Busy) as busy:
        spend()
    assert busy.value.retryable
    assert len(attempts) == MAX_ATTEMPTS == 5
    assert _retries("40001") == before + 5
    assert _amounts() == {"a": 50, "b": 0}


def test_a_lock_that_does_not_come_in_time_is_busy_at_once(probe: None) -> None:
    attempts = []

    @opens_transaction
    def spend(*, actor: Actor) -> None:
        attempts.append(1)
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '50ms'")
        add(name="b", amount=1)
        add(name="a", amount=1)

    with _locked_elsewhere("a"), pytest.raises(Busy) as busy:
        spend(actor=ROOT)
    assert isinstance(busy.value.__cause__, OperationalError)
    assert attempts == [1]
    assert _amounts() == {"a": 0, "b": 0}


def test_waiting_for_a_lock_is_bounded_on_every_connection_of_the_application(probe: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT setting::int FROM pg_settings WHERE name = 'lock_timeout'")
        (milliseconds,) = cursor.fetchone()
    assert 0 < milliseconds <= 30_000


def test_other_database_errors_are_not_tried_again(probe: None) -> None:
    attempts = []

    @opens_transaction
    def spend(*, actor: Actor) -> None:
        attempts.append(1)
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")

    with pytest.raises(DataError) as raised:
        spend(actor=ROOT)
    assert sqlstate_of(raised.value) == "22012"
    assert attempts == [1]


@opens_transaction(pipelined=True)
def pipeline(*, actor: Actor, statements: list[str], read: bool = False) -> list[tuple]:
    found = []
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        if read:
            cursor.execute("SELECT amount FROM probe ORDER BY name")
            found = cursor.fetchall()
    return found


ADD_TO_A = "UPDATE probe SET amount = amount + 1 WHERE name = 'a'"


def test_a_pipeline_runs_in_order_and_reads_what_it_wrote(probe: None) -> None:
    assert pipeline(actor=ROOT, statements=[ADD_TO_A] * 3, read=True) == [(3,), (0,)]
    assert _amounts() == {"a": 3, "b": 0}


@pytest.mark.parametrize("at", [0, 1, 2])
def test_an_error_anywhere_in_a_pipeline_takes_all_of_it_back(probe: None, at: int) -> None:
    statements = [ADD_TO_A, ADD_TO_A]
    statements.insert(at, "INSERT INTO probe VALUES ('a', 0)")

    with pytest.raises(IntegrityError, match="probe_pkey"):
        pipeline(actor=ROOT, statements=statements)
    assert _amounts() == {"a": 0, "b": 0}
    assert pipeline(actor=ROOT, statements=[ADD_TO_A], read=True) == [(1,), (0,)]


def test_a_lock_that_does_not_come_in_a_pipeline_is_busy_too(probe: None) -> None:
    waiting = ["SET LOCAL lock_timeout = '50ms'", ADD_TO_A]
    with _locked_elsewhere("a"), pytest.raises(Busy):
        pipeline(actor=ROOT, statements=waiting)
    assert _amounts() == {"a": 0, "b": 0}


def test_an_error_that_comes_with_the_commit_takes_all_of_it_back(probe: None) -> None:
    unique = "ALTER TABLE probe ADD CONSTRAINT one UNIQUE (amount) DEFERRABLE INITIALLY DEFERRED"
    with connections["owner"].cursor() as cursor:
        cursor.execute("UPDATE probe SET amount = 1 WHERE name = 'b'")
        cursor.execute(unique)

    with pytest.raises(IntegrityError, match="one"):
        pipeline(actor=ROOT, statements=[ADD_TO_A])
    assert _amounts("owner") == {"a": 0, "b": 1}
    assert pipeline(actor=ROOT, statements=[ADD_TO_A, ADD_TO_A], read=True) == [(2,), (1,)]


def test_a_dead_connection_costs_one_pipeline_and_not_the_next(probe: None) -> None:
    pipeline(actor=ROOT, statements=[ADD_TO_A])
    pid = connection.connection.info.backend_pid
    with psycopg.connect(os.environ[SUPERUSER_VARIABLE], autocommit=True) as superuser:
        superuser.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])

    with pytest.raises(OperationalError):
        pipeline(actor=ROOT, statements=[ADD_TO_A])
    assert pipeline(actor=ROOT, statements=[ADD_TO_A], read=True) == [(2,), (0,)]


def test_a_pipeline_that_cannot_be_ended_costs_its_connection(probe: None) -> None:
    """As after a server's death: libpq still waits for the answer to something."""

    @opens_transaction(pipelined=True)
    def broken_off(*, actor: Actor) -> None:
        connection.connection.pgconn.send_query_params(b"SELECT pg_sleep(0.2)", None)
        raise ZeroDivisionError

    # psycopg counts the answers, and how far it comes depends on when they arrive: it ends in the
    # error, in a miscount, or in a connection that will not take another command.
    with pytest.raises((ZeroDivisionError, IndexError, ProgrammingError)):
        broken_off(actor=ROOT)
    assert pipeline(actor=ROOT, statements=[ADD_TO_A], read=True) == [(1,), (0,)]


def test_what_is_tuned_ends_with_the_transaction(probe: None) -> None:
    asked = "SELECT current_setting('plan_cache_mode'), current_setting('lock_timeout')"

    @opens_transaction(pipelined=True)
    def look(*, actor: Actor) -> tuple:
        tune(lock_wait_ms=123)
        with connection.cursor() as cursor:
            cursor.execute(asked)
            return cursor.fetchone()

    assert look(actor=ROOT) == ("force_generic_plan", "123ms")
    with connection.cursor() as cursor:
        cursor.execute(asked)
        assert cursor.fetchone() == ("auto", "10s")


def _nothing() -> Context:
    return Context()


def _raise(way: tuple[str, str], meeting: threading.Barrier) -> None:
    raise_both(actor=ROOT, first=way[0], second=way[1], meeting=meeting)


def _meet(meeting: threading.Barrier) -> None:
    """Wait for the other thread, the first time only: a second attempt finds it gone."""
    try:
        meeting.wait(timeout=5)
    except threading.BrokenBarrierError:
        return
    meeting.abort()


def _together(calls: list) -> list[BaseException]:
    failures: list[BaseException] = []

    def run(call) -> None:
        try:
            call()
        except BaseException as error:  # noqa: BLE001 - handed to the test
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return failures


def _amounts(alias: str = "default") -> dict[str, int]:
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT name, amount FROM probe")
        return dict(cursor.fetchall())


def _add_from_elsewhere(name: str, amount: int) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute("UPDATE probe SET amount = amount + %s WHERE name = %s", [amount, name])


class _locked_elsewhere:  # noqa: N801 - reads as a statement
    """Another session holds the row for the length of the block."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.block = transaction.atomic(using="owner")

    def __enter__(self) -> None:
        self.block.__enter__()
        _add_from_elsewhere(self.name, 100)

    def __exit__(self, *_: object) -> None:
        transaction.set_rollback(True, using="owner")
        self.block.__exit__(None, None, None)


def _retries(state: str) -> float:
    return transaction_retries.labels(state)._value.get()


@pytest.fixture
def probe(committed_db: str) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute("CREATE TABLE probe (name text PRIMARY KEY, amount int NOT NULL)")
        cursor.execute("INSERT INTO probe VALUES ('a', 0), ('b', 0)")
