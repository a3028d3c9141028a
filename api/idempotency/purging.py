"""Old guards: the answer goes after a week, the memory of the key after a month."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from api.idempotency.guards import KEPT, REMEMBERED
from api.idempotency.models import IdempotencyGuard
from kernel.actor import Actor, Door, system
from kernel.transactions import opens_transaction

BATCH = 5_000
MAX_BATCHES = 200


def purge_guards(*, now: dt.datetime) -> dict[str, int]:
    """Work off all that is due, in short transactions.

    :returns: how many answers were forgotten and how many guards deleted.
    """
    actor = system(door=Door.TASK, request_id="")
    return {
        "forgotten": _all(lambda: forget_answers(actor=actor, now=now)),
        "deleted": _all(lambda: delete_tombstones(actor=actor, now=now)),
    }


def _all(step: Callable[[], int]) -> int:
    total = 0
    for _ in range(MAX_BATCHES):
        done = step()
        total += done
        if done < BATCH:
            break
    return total


@opens_transaction
def forget_answers(*, actor: Actor, now: dt.datetime) -> int:
    """Strip the bytes of at most `BATCH` answers whose key has expired."""
    due = IdempotencyGuard.objects.filter(created_at__lte=now - KEPT, body__isnull=False)
    chosen = list(due.order_by("created_at").values_list("id", flat=True)[:BATCH])
    return IdempotencyGuard.objects.filter(id__in=chosen).update(body=None, headers={})


@opens_transaction
def delete_tombstones(*, actor: Actor, now: dt.datetime) -> int:
    """Delete at most `BATCH` guards that need not be remembered any more."""
    due = IdempotencyGuard.objects.filter(created_at__lte=now - REMEMBERED)
    chosen = list(due.order_by("created_at").values_list("id", flat=True)[:BATCH])
    return IdempotencyGuard.objects.filter(id__in=chosen).delete()[0]
