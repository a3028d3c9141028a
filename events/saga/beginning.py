"""Beginning a saga, in the transaction that gives reason to it."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping

from events.choices import SagaState
from events.saga.models import Saga
from events.saga.registry import saga_named
from kernel.ids import new_id
from kernel.transactions import needs_transaction


@needs_transaction
def begin(
    *,
    name: str,
    organization_id: uuid.UUID,
    subject_id: uuid.UUID,
    request_id: str,
    now: dt.datetime,
    data: Mapping[str, object] | None = None,
) -> Saga:
    """Begin one; a worker takes it up once this transaction is committed.

    :param subject_id: what it is about; of one kind of saga there is one for each.
    """
    kind = saga_named(name)
    return Saga.objects.create(
        id=new_id(),
        name=name,
        organization_id=organization_id,
        subject_id=subject_id,
        data=dict(data or {}),
        request_id=request_id,
        state=SagaState.RUNNING,
        step=0,
        due_at=now,
        deadline_at=now + kind.lasts,
        started_at=now,
    )
