"""What a session's person proved besides the password, and when they did it last."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db.models import Q

from accounts.choices import FactorMethod
from accounts.models import SignInSession
from accounts.services.factors.settling import proof_counts_from
from kernel.transactions import needs_transaction


@needs_transaction
def note_proof(*, session_id: uuid.UUID, method: FactorMethod, now: dt.datetime) -> None:
    """Keep on the session what its person has just proven; an older proof never replaces it.

    With it from when that counts (`accounts.services.factors.settling`).

    A session of the platform's staff that was opened by a code by e-mail stays one: a factor that
    was added in it proves no more than the mailbox did, so they sign in anew with it.
    """
    session = SignInSession.objects.filter(id=session_id).exclude(second_factor_at__gt=now)
    mailed = Q(user__platform_role__isnull=False, second_factor=FactorMethod.EMAIL)
    if session.filter(mailed).exists():
        method = FactorMethod.EMAIL
    user_id = session.values_list("user_id", flat=True).first()
    if user_id is None:
        return
    session.update(
        second_factor=method,
        second_factor_at=now,
        second_factor_counts_from=proof_counts_from(user_id=user_id, method=method),
    )
