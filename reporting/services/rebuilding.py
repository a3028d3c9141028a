"""Keeping that a projection was compared with its events, or replaced."""

from __future__ import annotations

import datetime as dt

from audit.services import record
from events.rebuilding import Rebuilt
from kernel.actor import Actor
from kernel.transactions import opens_transaction


@opens_transaction
def note_rebuild(*, actor: Actor, name: str, rebuilt: Rebuilt, now: dt.datetime) -> None:
    """Record `events.projection.rebuild` with what was found and whether it was replaced."""
    record(
        actor=actor,
        action="events.projection.rebuild",
        subject_type="projection",
        subject_id=None,
        metadata={
            "name": name,
            "events": rebuilt.events,
            "replaced": rebuilt.replaced,
            "tables": {
                one.table: {
                    "live": one.live.sha256,
                    "rebuilt": one.rebuilt.sha256,
                    "missing": one.missing,
                    "unexplained": one.unexplained,
                    "other": one.other,
                }
                for one in rebuilt.differences
            },
        },
        now=now,
    )
