"""What a factor that was just added is not good for yet.

Whoever reads a person's mail can choose a new password, sign in with a mailed code and then add an
app of their own. If that app counted at once, the mailbox alone would be enough for everything that
asks for more than the mailbox. So what was added by who had proven no more than the mailbox
approves no payment for a day, in which its person has the mail about it.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping

from django.db.models import Max, Model

from accounts.choices import FactorMethod
from accounts.models import Passkey, RecoveryCode, SignInSession, TotpFactor
from accounts.proof import RECENTLY
from kernel.transactions import needs_transaction

SETTLES = dt.timedelta(hours=24)
# What lies outside the mailbox, and since when somebody has it.
_KINDS: Mapping[str, tuple[type[Model], str]] = {
    FactorMethod.TOTP: (TotpFactor, "confirmed_at"),
    FactorMethod.PASSKEY: (Passkey, "created_at"),
    FactorMethod.RECOVERY_CODE: (RecoveryCode, "issued_at"),
}


@needs_transaction
def counts_from(
    *, user_id: uuid.UUID, session_id: uuid.UUID | None, now: dt.datetime
) -> dt.datetime:
    """From when a factor that is added now approves payments.

    :param session_id: in which it is added; None for the program itself, as when it is installed.
    """
    if session_id is None or proven_by_settled(user_id=user_id, session_id=session_id, now=now):
        return now
    return now + SETTLES


@needs_transaction
def proven_by_settled(*, user_id: uuid.UUID, session_id: uuid.UUID, now: dt.datetime) -> bool:
    """Whether the session lately proved what its person has had for a day, outside the mailbox.

    A session knows the method and not which passkey it was; so the newest of the method is asked,
    removed or not. It fails closed: who added another lately waits.
    """
    sessions = SignInSession.objects.filter(id=session_id, user_id=user_id, revoked_at=None)
    proven = sessions.filter(second_factor_at__gte=now - RECENTLY)
    method = proven.values_list("second_factor", flat=True).first()
    newest = _newest_of(user_id=user_id, method=method)
    return newest is not None and newest <= now - SETTLES


@needs_transaction
def _newest_of(*, user_id: uuid.UUID, method: str | None) -> dt.datetime | None:
    """When the person last got one of the kind."""
    kind = _KINDS.get(method or "")
    if kind is None:
        return None
    model, stamp = kind
    rows = model._default_manager.filter(user_id=user_id).order_by()
    newest: dt.datetime | None = rows.aggregate(newest=Max(stamp))["newest"]
    return newest
