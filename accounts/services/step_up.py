"""Sensitive acts ask for a second factor that was proven a short while ago (ASVS 5.0, 7.5.1)."""

from __future__ import annotations

import datetime as dt
import uuid

from accounts.errors import StepUpRequired
from accounts.models import SignInSession
from accounts.proof import RECENTLY
from kernel.actor import Actor, ActorKind
from kernel.context import Context, Scope, reading_as
from kernel.errors import PermissionDenied
from kernel.transactions import needs_transaction


def require_recent_factor(
    *,
    actor: Actor,
    session_id: uuid.UUID,
    now: dt.datetime,
    within: dt.timedelta = RECENTLY,
) -> None:
    """Go on only if this session's person proved a second factor within the time. One query.

    Reads the session as it is in the database: it needs no cache, so it cannot fail open.

    :raises StepUpRequired: if not; the door leads to `challenge_to_step_up`.
    :raises PermissionDenied: if the actor is a program, which can prove none.
    """
    if actor.kind is not ActorKind.USER or actor.id is None:
        raise PermissionDenied("Only a person can confirm this.")
    with reading_as(Context(scope=Scope.SIGN_IN)):
        _check(user_id=actor.id, session_id=session_id, now=now, within=within)


@needs_transaction
def require_factor_in_session(*, actor: Actor, now: dt.datetime) -> None:
    """The same of the session the actor came with, inside the transaction of an act.

    :raises StepUpRequired: if there is no such session, too.
    """
    if actor.id is None or actor.session_id is None:
        raise StepUpRequired()
    _check(user_id=actor.id, session_id=actor.session_id, now=now, within=RECENTLY)


def _check(
    *,
    user_id: uuid.UUID,
    session_id: uuid.UUID,
    now: dt.datetime,
    within: dt.timedelta,
) -> None:
    rows = SignInSession.objects.filter(id=session_id, user_id=user_id, revoked_at=None)
    proven_at = rows.values_list("second_factor_at", flat=True).first()
    if proven_at is None or now - proven_at > within:
        raise StepUpRequired(facts={"within_seconds": int(within.total_seconds())})
