"""Who owns the commit. A use case opens the transaction; a step refuses to run outside one.

The two decorators are the only places that begin or demand a transaction for writing, so the
commit boundary of any act can be found by reading its decorator.
"""

from __future__ import annotations

import contextlib
import functools
import random
import time
from collections.abc import Callable, Iterator
from typing import Any, ParamSpec, TypeVar, cast, overload

import psycopg
from django.db import DatabaseError, Error, connection, transaction
from psycopg.pq import PipelineStatus, TransactionStatus

from kernel import metrics
from kernel.context import Context, context_of, entered
from kernel.errors import Busy, InvariantBroken

P = ParamSpec("P")
R = TypeVar("R")

MAX_ATTEMPTS = 5
RETRYABLE = {"40001", "40P01"}  # serialization_failure, deadlock_detected
_LOCK_NOT_AVAILABLE = "55P03"
_JITTER_SECONDS = 0.02


@overload
def opens_transaction(function: Callable[P, R], /) -> Callable[P, R]: ...
@overload
def opens_transaction(
    *, context: Callable[..., Context] | None = None, pipelined: bool = False
) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
def opens_transaction(
    function: Callable[P, R] | None = None,
    /,
    *,
    context: Callable[..., Context] | None = None,
    pipelined: bool = False,
) -> Any:
    """Make a use case: one durable transaction around the call, with the view it needs.

    The view is that of the keyword argument ``actor`` unless ``context`` computes another from the
    call's keyword arguments. A deadlock or serialization failure begins the whole call again, at
    most `MAX_ATTEMPTS` times with jitter; the function must therefore have no effect outside the
    database.

    :param pipelined: statements are sent without waiting for answers that nobody reads. One whose
        rows are fetched still waits; one that only writes travels with the next, and the last of
        them with the COMMIT. Its error therefore surfaces later, at the latest from the call.
    :raises Busy: when locks could not be had in time, or the attempts ran out.
    :raises RuntimeError: (from Django) when called inside another transaction.
    """

    def decorate(inner: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(inner)
        def use_case(*args: P.args, **kwargs: P.kwargs) -> R:
            view = context(**kwargs) if context else context_of(cast(Any, kwargs["actor"]))

            def once() -> R:
                with (
                    _pipeline(pipelined) as sync,
                    transaction.atomic(durable=True),
                    entered(view),
                    _settled_in_test_case(sync),
                ):
                    return inner(*args, **kwargs)

            return _retried(once)

        return use_case

    return decorate if function is None else decorate(function)


def needs_transaction(function: Callable[P, R]) -> Callable[P, R]:
    """Make a step: it refuses to run unless a use case has opened the transaction.

    A test case's own transaction does not count, so a test catches the caller who forgot.

    :raises InvariantBroken: when called outside a transaction.
    """

    @functools.wraps(function)
    def step(*args: P.args, **kwargs: P.kwargs) -> R:
        if not any(not _of_test_case(block) for block in connection.atomic_blocks):
            raise InvariantBroken(f"{function.__qualname__} was called outside a transaction")
        return function(*args, **kwargs)

    return step


@contextlib.contextmanager
def undone_if_refused() -> Iterator[None]:
    """Undo what the block wrote when it raises, and let the transaction go on.

    For a step whose refusal is kept as a row. The view is put back with the rest.
    """
    with transaction.atomic():
        yield


@needs_transaction
def tune(*, lock_wait_ms: int | None = None) -> None:
    """Keep the plans of this transaction's statements, and limit its waits for locks.

    Left alone, PostgreSQL plans a statement over an array of ids anew for each array, which takes
    longer than to execute it. For statements over keys one plan is right for all.

    :param lock_wait_ms: for each lock, until the end; None leaves it as the connection has it.
    """
    settings = {"plan_cache_mode": "force_generic_plan"}
    if lock_wait_ms is not None:
        settings["lock_timeout"] = f"{lock_wait_ms}ms"
    asked = ", ".join("set_config(%s, %s, true)" for _ in settings)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {asked}", [part for item in settings.items() for part in item])


@contextlib.contextmanager
def _pipeline(wanted: bool) -> Iterator[Callable[[], None]]:
    """A pipeline around the transaction, so that the COMMIT belongs to it; gives its `sync`."""
    if not wanted:
        yield lambda: None
        return
    connection.ensure_connection()
    try:
        with connection.wrap_database_errors, connection.connection.pipeline() as pipeline:
            yield pipeline.sync
    finally:
        # Inside a pipeline Django does not learn from a rollback that the connection is dead, and
        # one that broke off half-way may still wait for answers: nothing can begin on it again.
        if connection.connection is not None and not _at_rest(connection.connection):
            connection.close()


def _at_rest(raw: psycopg.Connection[Any]) -> bool:
    """Whether the connection is alive and owes no answer."""
    owing = raw.pgconn.pipeline_status != PipelineStatus.OFF
    busy = raw.info.transaction_status in (TransactionStatus.ACTIVE, TransactionStatus.UNKNOWN)
    return not (raw.closed or owing or busy)


@contextlib.contextmanager
def _settled_in_test_case(sync: Callable[[], None]) -> Iterator[None]:
    """Inside a test case's transaction there is no COMMIT or ROLLBACK that would end the pipeline.

    There are savepoints, and going back to one must not be lost in a pipeline an error has stopped.
    """
    if len(connection.atomic_blocks) == 1:
        yield
        return
    try:
        yield
    except BaseException:
        with contextlib.suppress(psycopg.Error):
            sync()
        raise
    sync()


def _of_test_case(block: object) -> bool:
    return bool(getattr(block, "_from_testcase", False))


def _retried(once: Callable[[], R]) -> R:
    for attempt in range(1, MAX_ATTEMPTS + 1):
        try:
            return once()
        except DatabaseError as error:
            state = sqlstate_of(error)
            if state == _LOCK_NOT_AVAILABLE:
                raise Busy() from error
            if state not in RETRYABLE:
                raise
            metrics.transaction_retries.labels(state).inc()
            last = error
        time.sleep(random.uniform(0, _JITTER_SECONDS * attempt))  # noqa: S311 - jitter, no secret
    raise Busy() from last


def sqlstate_of(error: Error) -> str | None:
    """The five-character SQLSTATE that PostgreSQL gave, if it gave one."""
    return cast("str | None", getattr(error.__cause__, "sqlstate", None))


def rule_of(error: DatabaseError) -> str:
    """The name of the rule that refused, as PostgreSQL reports it; empty if it names none."""
    diagnosis: Any = getattr(error.__cause__, "diag", None)
    return getattr(diagnosis, "constraint_name", None) or ""
