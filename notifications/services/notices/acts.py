"""Who is told of acts that take two people: who could agree, and afterwards who asked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from accounts.models import PendingAct
from accounts.services.pending_acts import who_could_agree
from events.consuming import Event
from kernel.transactions import needs_transaction
from notifications.services.notices.told import Told

MADE = "accounts.pending_act.made"
DECIDED = {
    "accounts.pending_act.agreed": "act_agreed",
    "accounts.pending_act.failed": "act_failed",
    "accounts.pending_act.rejected": "act_rejected",
    "accounts.pending_act.expired": "act_expired",
}
NAMES = frozenset({MADE, *DECIDED})
MOST_ASKED = 10


@needs_transaction
def of_acts(events: Sequence[Event], *, now: dt.datetime) -> Iterator[Told]:
    """Who is told what of these events about acts.

    Nobody is asked about an act that was decided, or ran out, before its event was taken in.
    """
    ours = [event for event in events if event.name in NAMES]
    acts = PendingAct.objects.in_bulk([event.subject_id for event in ours if event.subject_id])
    made = {event.subject_id for event in ours if event.name == MADE}
    asked = who_could_agree([act for act in acts.values() if act.id in made], now=now)
    for event in ours:
        act = acts.get(event.subject_id) if event.subject_id else None
        if act is None or act.organization_id != event.organization_id:
            continue
        if event.name == MADE:
            for user in asked[act.id][:MOST_ASKED]:
                yield Told(user.id, event, "act_waits", act.id, detail=act.kind)
        elif act.maker_person_id is not None:
            yield Told(act.maker_person_id, event, DECIDED[event.name], act.id, detail=act.kind)
