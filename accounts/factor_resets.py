"""What follows for money when somebody's lost second factors were reset. Rules without a database.

Whoever talked two officers into a reset has the person's password and mailbox by then, and would be
told nothing by the person for a while. So money waits: until a factor was added again, and a day.
"""

from __future__ import annotations

import datetime as dt

from accounts.errors import FactorsLatelyReset

MONEY_WAITS = dt.timedelta(hours=24)


def waits_for_a_factor(*, reset_at: dt.datetime | None, renewed_at: dt.datetime | None) -> bool:
    """Whether the person has added none since the reset."""
    return reset_at is not None and (renewed_at is None or renewed_at < reset_at)


def refusal_after_reset(
    *, reset_at: dt.datetime | None, renewed_at: dt.datetime | None, now: dt.datetime
) -> FactorsLatelyReset | None:
    """Why the person moves no money now; None: they may, as far as this goes.

    Its facts: `opens_at`, when the day is over, and `add_factor`, whether one has to be added.
    """
    if reset_at is None:
        return None
    opens_at, lacks = (
        reset_at + MONEY_WAITS,
        waits_for_a_factor(reset_at=reset_at, renewed_at=renewed_at),
    )
    if now >= opens_at and not lacks:
        return None
    return FactorsLatelyReset(facts={"opens_at": opens_at.isoformat(), "add_factor": lacks})
