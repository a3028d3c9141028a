"""How a person's PIN stands."""

from __future__ import annotations

import dataclasses
import datetime as dt

from accounts.models import PinReset, TransactionPin
from accounts.services.pins.person import person_of
from accounts.services.pins.rules import MAX_TRIES
from kernel.actor import Actor
from kernel.context import reading


@dataclasses.dataclass(frozen=True, slots=True)
class PinStanding:
    """What its owner may know of a PIN.

    :param counts_from: from when it approves payments, where it does not yet.
    :param reset_at: from when a forgotten PIN's successor counts, while it waits.
    """

    is_set: bool
    set_at: dt.datetime | None = None
    counts_from: dt.datetime | None = None
    tries_left: int = MAX_TRIES
    locked_until: dt.datetime | None = None
    reset_at: dt.datetime | None = None


def pin_standing(*, actor: Actor, now: dt.datetime) -> PinStanding:
    """How the actor's PIN stands. Two queries.

    :raises PermissionDenied: if the actor is no person.
    """
    user_id = person_of(actor)
    with reading(actor):
        pin = TransactionPin.objects.filter(user_id=user_id).first()
        waiting = PinReset.objects.filter(
            user_id=user_id, used_at__isnull=False, applied_at=None, cancelled_at=None
        ).first()
    reset_at = waiting.effective_at if waiting else None
    if pin is None:
        return PinStanding(is_set=False, reset_at=reset_at)
    due = reset_at is not None and reset_at <= now
    locked = pin.locked_until is not None and pin.locked_until > now and not due
    over = pin.locked_until is not None and not locked
    return PinStanding(
        is_set=True,
        set_at=pin.set_at,
        counts_from=pin.counts_from if pin.counts_from and pin.counts_from > now else None,
        tries_left=0 if locked else MAX_TRIES if over or due else MAX_TRIES - pin.tries,
        locked_until=pin.locked_until if locked else None,
        reset_at=None if due else reset_at,
    )
