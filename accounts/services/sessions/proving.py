"""What a session's person proved besides the password, and when they did it last."""

from __future__ import annotations

import datetime as dt
import uuid

from accounts.choices import FactorMethod
from accounts.models import SignInSession
from kernel.transactions import needs_transaction


@needs_transaction
def note_proof(*, session_id: uuid.UUID, method: FactorMethod, now: dt.datetime) -> None:
    """Keep on the session what its person has just proven; an older proof never replaces it."""
    session = SignInSession.objects.filter(id=session_id).exclude(second_factor_at__gt=now)
    session.update(second_factor=method, second_factor_at=now)
