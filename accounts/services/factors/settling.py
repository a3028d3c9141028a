"""What a factor that was just added is not good for yet.

Whoever reads a person's mail can choose a new password, sign in with a mailed code and then add an
app of their own. If that app counted at once, the mailbox alone would be enough for everything that
asks for more than the mailbox. So what was added by who had proven no more than the mailbox
approves no payment and gives no power over money for a day, in which its person has the mail about
it; unless there is nothing to steal yet.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping

from django.db.models import Max, Model
from django.db.models.functions import Coalesce, Greatest

from accounts.choices import FactorMethod
from accounts.models import Organization, Passkey, RecoveryCode, SignInSession, TotpFactor, User
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
def counts_from(*, user: User, session_id: uuid.UUID | None, now: dt.datetime) -> dt.datetime:
    """From when a factor that is added now approves payments and gives power over money.

    :param session_id: in which it is added; None for the program itself, as when it is installed.
    """
    if session_id is None or proven_by_settled(user_id=user.id, session_id=session_id, now=now):
        return now
    return now if _begins(user, now=now) else now + SETTLES


@needs_transaction
def _begins(user: User, *, now: dt.datetime) -> bool:
    """Whether this is somebody's first factor, of their first day, where nothing moved yet.

    A founder, or the staff of a new installation, would otherwise wait a day for what nobody can
    steal from: no organization of theirs was ever let move money.
    """
    if user.created_at <= now - SETTLES or user.factors_reset_at is not None:
        return False
    reached = Organization.objects.filter(activated_at__isnull=False)
    if user.organization_id is not None:
        reached = reached.filter(id=user.organization_id)
    return not reached.exists() and not _had_any(user)


@needs_transaction
def _had_any(user: User) -> bool:
    apps = TotpFactor.objects.filter(user=user, confirmed_at__isnull=False)
    return apps.exists() or Passkey.objects.filter(user=user).exists()


@needs_transaction
def proof_counts_from(*, user_id: uuid.UUID, method: str | None) -> dt.datetime | None:
    """From when what the person has just proven by the method counts; None: never.

    To be asked right after the proof: of passkeys and recovery codes the one used last is it. The
    last are issued with the first factor, and count when they are a day old.
    """
    if method == FactorMethod.TOTP:
        apps = TotpFactor.objects.filter(user_id=user_id, confirmed_at__isnull=False)
        live = apps.filter(removed_at=None)
        return live.values_list(Coalesce("counts_from", "confirmed_at"), flat=True).first()
    if method == FactorMethod.PASSKEY:
        keys = Passkey.objects.filter(user_id=user_id, removed_at=None)
        last = keys.order_by(Greatest("created_at", "last_used_at").desc(), "-id")
        return last.values_list(Coalesce("counts_from", "created_at"), flat=True).first()
    if method == FactorMethod.RECOVERY_CODE:
        codes = RecoveryCode.objects.filter(user_id=user_id, used_at__isnull=False)
        issued = codes.order_by("-used_at").values_list("issued_at", flat=True).first()
        return issued + SETTLES if issued else None
    return None


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
