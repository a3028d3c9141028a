"""What a person is told by mail about their PIN."""

from __future__ import annotations

import datetime as dt

from kernel.actor import Actor
from kernel.transactions import needs_transaction


@needs_transaction
def notify(*, actor: Actor, what: str, now: dt.datetime, **variables: str) -> None:
    """Tell the actor what happened to their PIN."""
