"""What two people decide about a saga that is stuck; the room that began it asks them."""

from __future__ import annotations

import datetime as dt
import uuid

from events.choices import SagaState
from events.saga.models import MOVING, Saga
from events.saga.registry import saga_named
from kernel.transactions import needs_transaction


@needs_transaction
def lock_stuck(saga_id: uuid.UUID) -> Saga | None:
    """The saga, locked; None unless it waits for a person."""
    locked = Saga.objects.select_for_update(no_key=True)
    return locked.filter(id=saga_id, state=SagaState.STUCK).first()


@needs_transaction
def try_again(saga: Saga, *, now: dt.datetime) -> None:
    """Let workers go on where they stopped, with as many attempts and as much time as at first.

    In the direction it went: what met something final goes forward, all others are being undone.
    Who still holds an old lease writes nothing: it was given up when the saga got stuck.
    """
    saga.state = SagaState.RUNNING if saga.turned else SagaState.COMPENSATING
    saga.attempts, saga.due_at = 0, now
    saga.deadline_at = now + saga_named(saga.name).lasts
    saga.save(update_fields=MOVING)


@needs_transaction
def end_by_hand(saga: Saga, *, state: SagaState, now: dt.datetime) -> None:
    """It is over: COMPLETED or COMPENSATED, as whoever calls has made true in the books."""
    saga.state, saga.ended_at = state, now
    saga.save(update_fields=MOVING)
