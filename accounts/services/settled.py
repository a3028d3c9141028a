"""Acts that wait with the money when somebody's second factors were reset."""

from __future__ import annotations

import datetime as dt

from accounts.factor_resets import refusal_after_reset
from accounts.models import User
from kernel.actor import Actor, ActorKind
from kernel.transactions import needs_transaction


@needs_transaction
def require_settled_factors(*, actor: Actor, now: dt.datetime) -> None:
    """Go on unless the acting person's factors were reset lately; programs have none. One query.

    For what would be a way around that wait: issuing a key, agreeing to others' acts.

    :raises FactorsLatelyReset: if so.
    """
    if actor.kind is not ActorKind.USER or actor.id is None:
        return
    rows = User.objects.filter(id=actor.id).values_list("factors_reset_at", "factors_renewed_at")
    reset_at, renewed_at = rows.first() or (None, None)
    refusal = refusal_after_reset(reset_at=reset_at, renewed_at=renewed_at, now=now)
    if refusal is not None:
        raise refusal
