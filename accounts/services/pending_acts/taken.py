"""Whether an act may have been asked for by somebody with another's session.

Whoever holds a stolen session asks and signs out. So what counts is not only how that session ended
but whether its person took their account back since, or had it taken from them. These say so:

- the session is unknown, or ended in any way but by signing out in it, or by running out;
- another session of theirs ended so, once this was asked for: killed by an officer, ended by its
  person from elsewhere, with a used refresh token, with a password, a device, a network, with reset
  factors or with the account;
- their password was changed or reset since;
- an app or a passkey of theirs was removed since, recovery codes replaced, or the factors reset;
- a device or a network of theirs was revoked since, with no session left to end;
- they were given a role since: so they were closed, removed or demoted and came back, or may do
  something else now than when they asked.

These do not: signing out and running out, adding a factor, another PIN, a new device or network. Of
acts by API keys none of it is asked: they end with their key.
"""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Exists, Model, Q, QuerySet

from accounts.choices import SessionEnd
from accounts.errors import MadeInEndedSession
from accounts.models import (
    Device,
    Network,
    Passkey,
    PendingAct,
    RecoveryCode,
    SignInSession,
    TotpFactor,
    User,
)
from kernel.actor import ActorKind
from kernel.transactions import needs_transaction

# Every other end is one that somebody else saw a reason for; see above.
_HARMLESS = (SessionEnd.SIGNED_OUT,)
_CONFIRMED = Q(confirmed_at__isnull=False)

M = TypeVar("M", bound=Model)


@needs_transaction
def require_session_not_taken(act: PendingAct) -> None:
    """Go on only if nothing says that its maker's session was not their own. Two queries.

    :raises MadeInEndedSession: if something does.
    """
    if act.maker_kind != ActorKind.USER.value:
        return
    if _session_is_taken(act) or _account_was_taken_back(act):
        raise MadeInEndedSession()


def _session_is_taken(act: PendingAct) -> bool:
    if act.session_id is None:
        return True
    sessions = SignInSession.objects.filter(id=act.session_id, user_id=act.maker_id)
    return not sessions.exclude(_badly_ended()).exists()


def _account_was_taken_back(act: PendingAct) -> bool:
    since, person = act.made_at, act.maker_id
    happened = (
        Q(password_changed_at__gte=since)
        | Q(factors_reset_at__gte=since)
        | Q(role_given_at__gt=since)
        | _any(SignInSession.objects.filter(_badly_ended(), user=person, revoked_at__gte=since))
        | _any(Device.objects.filter(user=person, revoked_at__gte=since))
        | _any(Network.objects.filter(user=person, revoked_at__gte=since))
        # An app that was begun and never confirmed proved nothing.
        | _any(TotpFactor.objects.filter(_CONFIRMED, user=person, removed_at__gte=since))
        | _any(Passkey.objects.filter(user=person, removed_at__gte=since))
        | _any(RecoveryCode.objects.filter(user=person, voided_at__gte=since))
    )
    return User.objects.filter(happened, id=person).exists()


def _any(rows: QuerySet[M]) -> Q:
    return Q(Exists(rows))


def _badly_ended() -> Q:
    return Q(revoked_at__isnull=False) & ~Q(revoked_reason__in=_HARMLESS)
