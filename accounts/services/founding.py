"""What other rooms do in the transaction in which an organization comes into being.

Rooms below may not call those above: a room that must have its own rows for every organization
registers a step in `apps.ready()`, and registering runs it.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Protocol

from kernel.transactions import needs_transaction


class Founding(Protocol):
    """A step of another room, with the view of the new organization alone."""

    def __call__(
        self, *, organization_id: uuid.UUID, base_currency: str, now: dt.datetime
    ) -> None: ...


_STEPS: list[Founding] = []


def at_founding(step: Founding) -> None:
    """Have the step run for every organization that registers; naming it twice changes nothing."""
    if step not in _STEPS:
        _STEPS.append(step)


@needs_transaction
def found(*, organization_id: uuid.UUID, base_currency: str, now: dt.datetime) -> None:
    """Run the steps of all rooms, in the order in which they were registered."""
    for step in _STEPS:
        step(organization_id=organization_id, base_currency=base_currency, now=now)
