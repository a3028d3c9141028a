"""Who works on a saga: the lease that is taken before a step, and held to write what came of it.

A lease is taken with the note "about to". It ends by itself, so nobody has to notice that a worker
died; and it carries a number that grows, so a worker that was only slow cannot write any more once
another has taken the saga up.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from typing import Any

from django.db.models import Q

from events.choices import AttemptState, SagaState
from events.saga.models import LIVE, MOVING, Saga, SagaAttempt
from events.saga.registry import Case, Part, SagaType, registered, saga_named
from kernel.context import Context, Scope
from kernel.ids import new_id
from kernel.transactions import needs_transaction, opens_transaction

# What a step needs besides its call: reading before it, writing after it.
SLACK = dt.timedelta(seconds=30)
TIMED_OUT = "timed_out"
GIVEN_UP = "attempts_exhausted"


class LeaseLost(Exception):
    """Somebody else works on the saga by now: what this worker found out is not written."""


@dataclasses.dataclass(frozen=True, slots=True)
class Lease:
    """The right to make one attempt at one step.

    :param undoing: whether the step is undone.
    """

    saga_id: uuid.UUID
    saga_name: str
    step_name: str
    fence: int
    case: Case
    part: Part
    key: str
    undoing: bool


def platform(**_: Any) -> Context:
    """A worker serves every organization."""
    return Context(scope=Scope.PLATFORM)


@opens_transaction(context=platform)
def take_lease(*, now: dt.datetime) -> Lease | None:
    """Take the saga that is due first and note the attempt; None where none is due.

    One that has nothing left to try ends here, or turns; then the next one is looked at. Locks one
    saga, and passes by those that others have locked.
    """
    while (saga := _due(now)) is not None:
        _give_up_the_lost(saga, now=now)
        part = _part_to_try(saga, now=now)
        if part is not None:
            return _noted(saga, part, now=now)
        saga.save(update_fields=MOVING)
    return None


def _due(now: dt.datetime) -> Saga | None:
    free = Q(lease_until__isnull=True) | Q(lease_until__lte=now)
    names = [kind.name for kind in registered()]
    due = Saga.objects.filter(free, name__in=names, state__in=LIVE, due_at__lte=now)
    return due.order_by("due_at", "id").select_for_update(skip_locked=True).first()


def _give_up_the_lost(saga: Saga, *, now: dt.datetime) -> None:
    """Whoever noted an attempt and is past the lease does not come back, or comes too late."""
    SagaAttempt.objects.filter(saga=saga, state=AttemptState.OPEN).update(
        state=AttemptState.LOST, ended_at=now
    )


def _part_to_try(saga: Saga, *, now: dt.datetime) -> Part | None:
    """What to try next; None once the saga has ended, is stuck, or has nothing to do here."""
    kind = saga_named(saga.name)
    if now >= saga.deadline_at:
        turn_back(saga, kind, reason=saga.reason or TIMED_OUT, now=now)
    while saga.state in LIVE:
        part = part_of(kind, saga)
        if part is None:
            step_on(saga, kind, now=now)
        elif saga.attempts < part.attempts:
            return part
        else:
            turn_back(saga, kind, reason=saga.reason or GIVEN_UP, now=now)
    return None


def part_of(kind: SagaType, saga: Saga) -> Part | None:
    """What is to be done, or undone."""
    step = kind.steps[saga.step]
    return step.backward if saga.state == SagaState.COMPENSATING else step.forward


def step_on(saga: Saga, kind: SagaType, *, now: dt.datetime) -> None:
    """To the next step in its direction, or to the end."""
    saga.attempts, saga.lease_until, saga.due_at = 0, None, now
    if saga.state == SagaState.RUNNING and saga.step + 1 < len(kind.steps):
        saga.step += 1
    elif saga.state == SagaState.COMPENSATING and saga.step > 0:
        saga.step -= 1
    else:
        ended = {
            SagaState.RUNNING: SagaState.COMPLETED,
            SagaState.COMPENSATING: SagaState.COMPENSATED,
        }
        saga.state, saga.ended_at = ended[SagaState(saga.state)], now


def turn_back(saga: Saga, kind: SagaType, *, reason: str, now: dt.datetime) -> None:
    """Undo it from this step on; where that was tried already, or failed, a person must look."""
    stuck = saga.state == SagaState.COMPENSATING or saga.turned
    saga.state = SagaState.STUCK if stuck else SagaState.COMPENSATING
    saga.attempts, saga.lease_until, saga.reason = 0, None, reason
    saga.due_at, saga.deadline_at = now, now + kind.lasts


def turn_forward(saga: Saga, kind: SagaType, *, now: dt.datetime) -> None:
    """What was to be undone is final: go on behind it, with as much time as at first."""
    saga.state, saga.turned, saga.reason = SagaState.RUNNING, True, ""
    saga.deadline_at = now + kind.lasts
    step_on(saga, kind, now=now)


@needs_transaction
def _noted(saga: Saga, part: Part, *, now: dt.datetime) -> Lease:
    kind, undoing = saga_named(saga.name), saga.state == SagaState.COMPENSATING
    saga.attempts += 1
    saga.fence += 1
    saga.lease_until = now + dt.timedelta(seconds=part.timeout_seconds) + SLACK
    saga.save(update_fields=MOVING)
    SagaAttempt.objects.create(
        id=new_id(),
        saga=saga,
        organization_id=saga.organization_id,
        number=saga.step,
        name=kind.steps[saga.step].name,
        undoing=undoing,
        fence=saga.fence,
        state=AttemptState.OPEN,
        noted_at=now,
    )
    name = kind.steps[saga.step].name
    return Lease(saga.id, kind.name, name, saga.fence, case_of(saga), part, str(saga.id), undoing)


def case_of(saga: Saga) -> Case:
    """The saga as its steps see it."""
    return Case(
        id=saga.id,
        organization_id=saga.organization_id,
        subject_id=saga.subject_id,
        data=saga.data,
        reason=saga.reason,
        request_id=saga.request_id,
    )


@needs_transaction
def held(lease: Lease) -> Saga:
    """The saga, locked, for who holds the last lease of it.

    :raises LeaseLost: if somebody else took it up.
    """
    saga = Saga.objects.select_for_update().filter(id=lease.saga_id, fence=lease.fence).first()
    if saga is None or saga.lease_until is None:
        raise LeaseLost
    return saga


@needs_transaction
def conclude(lease: Lease, *, state: AttemptState, now: dt.datetime, error: str = "") -> None:
    """Write what became of the attempt."""
    SagaAttempt.objects.filter(
        saga_id=lease.saga_id, fence=lease.fence, state=AttemptState.OPEN
    ).update(state=state, error=error, ended_at=now)
