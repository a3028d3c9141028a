"""Tidying away what nobody decided in time."""

from __future__ import annotations

import datetime as dt

from accounts.choices import PendingActState
from accounts.models import PendingAct
from accounts.services.pending_acts.notices import tell_makers
from accounts.services.pending_acts.telling import tell_all
from kernel.actor import Actor
from kernel.transactions import opens_transaction

BATCH = 500
MAX_BATCHES = 100


def expire_overdue(*, actor: Actor, now: dt.datetime) -> int:
    """Mark every overdue act as expired, in short transactions; how many there were.

    Mails their makers. Deciding never waits for this: an overdue act is refused by the time alone.
    """
    total = 0
    for _ in range(MAX_BATCHES):
        done = _expire(actor=actor, now=now)
        total += done
        if done < BATCH:
            break
    return total


@opens_transaction
def _expire(*, actor: Actor, now: dt.datetime) -> int:
    waiting = PendingAct.objects.filter(state=PendingActState.PENDING, expires_at__lte=now)
    # What somebody is deciding at this moment is theirs.
    chosen = list(
        waiting.order_by("expires_at").select_for_update(skip_locked=True, no_key=True)[:BATCH]
    )
    for act in chosen:
        act.state, act.decided_at = PendingActState.EXPIRED, now
    PendingAct.objects.filter(id__in=[act.id for act in chosen]).update(
        state=PendingActState.EXPIRED, decided_at=now
    )
    tell_all([(actor, act) for act in chosen], verb="expire", happened="expired", now=now)
    tell_makers(chosen, actor=actor, now=now)
    return len(chosen)
