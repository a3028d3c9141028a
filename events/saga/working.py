"""Carrying sagas on: one attempt after another, and each may be the last of its worker."""

from __future__ import annotations

import concurrent.futures
import datetime as dt
import logging
import random
import threading
from collections.abc import Callable, Mapping

from prometheus_client import Counter

from events.choices import AttemptState
from events.saga.leasing import (
    Lease,
    LeaseLost,
    conclude,
    held,
    platform,
    step_on,
    take_lease,
    turn_back,
    turn_forward,
)
from events.saga.models import MOVING
from events.saga.registry import AlreadyDone, Asked, NotYet, Result, StepRefused, saga_named
from kernel.transactions import opens_transaction

MOST = 100

log = logging.getLogger(__name__)


class Unbooked(Exception):
    """The step was answered, and what follows from it could not be made true here.

    :param refusal: why not.
    """

    def __init__(self, refusal: Exception) -> None:
        super().__init__(type(refusal).__name__)
        self.refusal = refusal


attempts = Counter(
    "vaultcraft_saga_attempts_total", "Attempts at steps of sagas.", ["saga", "step", "outcome"]
)


def run_due(*, clock: Callable[[], dt.datetime], most: int = MOST) -> int:
    """Make an attempt at each step that is due, the earliest first; say how many.

    :param clock: the door's: a call takes time, so one `now` would not do.
    """
    for number in range(most):
        lease = take_lease(now=clock())
        if lease is None:
            return number
        attempt(lease=lease, clock=clock)
    return most


def attempt(*, lease: Lease, clock: Callable[[], dt.datetime]) -> None:
    """Make the attempt that the lease is for, and write what came of it.

    What ends the process leaves the note, from which another worker goes on after the lease.
    """
    outcome = AttemptState.DONE
    try:
        result = _called(lease, _prepared(lease=lease, now=clock()))
        _book(lease, result, clock=clock)
    except LeaseLost:
        log.warning("saga_lease_lost: %s", lease.saga_id)
        outcome = AttemptState.LOST
    except Exception as error:  # noqa: BLE001 - whatever a step raises: it is kept, and tried again
        outcome = _put_down(lease, error, clock=clock)
    step = f"undo_{lease.step_name}" if lease.undoing else lease.step_name
    attempts.labels(lease.saga_name, step, outcome.value.lower()).inc()


def _book(lease: Lease, result: Result, *, clock: Callable[[], dt.datetime]) -> None:
    try:
        _finish(lease=lease, result=result, now=clock())
    except LeaseLost:
        raise
    except Exception as refusal:
        raise Unbooked(refusal) from refusal


def _put_down(lease: Lease, error: Exception, *, clock: Callable[[], dt.datetime]) -> AttemptState:
    try:
        return _unfinished(lease=lease, error=error, now=clock())
    except LeaseLost:
        log.warning("saga_lease_lost: %s", lease.saga_id)
        return AttemptState.LOST


@opens_transaction(context=platform)
def _prepared(*, lease: Lease, now: dt.datetime) -> Mapping[str, object]:
    held(lease)
    return lease.part.prepare(lease.case, now)


def _called(lease: Lease, arguments: Mapping[str, object]) -> Result:
    """The other side's answer, waited for so long and no longer.

    :raises TimeoutError: without one. The call itself may still arrive: the key makes that one.
    """
    call, seconds = lease.part.call, lease.part.timeout_seconds
    if call is None:
        return {}
    asked = Asked(lease.key, arguments, seconds)
    answer: concurrent.futures.Future[Result] = concurrent.futures.Future()

    def ask() -> None:
        try:
            answer.set_result(call(asked))
        except BaseException as error:  # noqa: BLE001 - handed to who waits
            answer.set_exception(error)

    # A thread of its own: one that hangs keeps nobody from the next call.
    threading.Thread(target=ask, name=f"saga-{lease.saga_id}", daemon=True).start()
    return answer.result(timeout=seconds)


@opens_transaction(context=platform)
def _finish(*, lease: Lease, result: Result, now: dt.datetime) -> None:
    """Make the result true here and step on, in one transaction."""
    saga = held(lease)
    lease.part.record(lease.case, result, now)
    conclude(lease, state=AttemptState.DONE, now=now)
    step_on(saga, saga_named(saga.name), now=now)
    saga.save(update_fields=MOVING)


@opens_transaction(context=platform)
def _unfinished(*, lease: Lease, error: Exception, now: dt.datetime) -> AttemptState:
    """Write why there is no result, and what follows from that."""
    saga = held(lease)
    kind, outcome = saga_named(saga.name), AttemptState.FAILED
    if isinstance(error, StepRefused) and not lease.undoing:
        outcome = AttemptState.REFUSED
        turn_back(saga, kind, reason=error.code, now=now)
    elif isinstance(error, AlreadyDone) and lease.undoing:
        outcome = AttemptState.REFUSED
        turn_forward(saga, kind, now=now)
    elif isinstance(error, (NotYet, Unbooked)):
        outcome = AttemptState.WAITING if isinstance(error, NotYet) else AttemptState.UNBOOKED
        saga.attempts -= 1  # neither is a failure of the other side
        waited = now - (saga.deadline_at - kind.lasts)
        saga.due_at = now + _jittered(lease.part.wait(waited))
    else:
        saga.due_at = now + _jittered(lease.part.delay(saga.attempts))
    if outcome in (AttemptState.FAILED, AttemptState.UNBOOKED):
        log.warning("saga_step_failed: %s %s", saga.id, _named(error), exc_info=error)
    saga.lease_until = None
    conclude(lease, state=outcome, now=now, error=_named(error))
    saga.save(update_fields=MOVING)
    return outcome


def _named(error: Exception) -> str:
    """The class of what went wrong; never its text, which may name people."""
    return type(error.refusal if isinstance(error, Unbooked) else error).__name__


def _jittered(delay: dt.timedelta) -> dt.timedelta:
    return delay * random.uniform(0.8, 1.2)  # noqa: S311 - jitter
