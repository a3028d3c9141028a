"""Ending sessions. An ended session never starts again: the database holds that too."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db.models import QuerySet

from accounts import policy
from accounts.choices import MailKind, SessionEnd
from accounts.models import SignInSession, User
from accounts.queries import visible_people, visible_sessions
from accounts.services.mail import notify_security
from audit.services import Act, record_many
from events.services import Fact, emit_many
from kernel.actor import Actor, ActorKind
from kernel.errors import NotFound, PermissionDenied
from kernel.transactions import needs_transaction, opens_transaction

REVOKE_ANY = "sessions.revoke_any"


@opens_transaction
def revoke_session(*, actor: Actor, session_id: uuid.UUID, now: dt.datetime) -> None:
    """Sign out, or end somebody else's session. Ending an ended session changes nothing.

    Emits `accounts.session.revoked`; records `accounts.session.revoke` with the reason.

    :raises NotFound: if there is no such session among those the actor may see.
    :raises PermissionDenied: if it is an owner's and the actor is not one.
    :raises StepUpRequired: for somebody else's, without a fresh proof.
    """
    found = visible_sessions(actor).filter(id=session_id)
    session = found.first()
    if session is None:
        raise NotFound("There is no such session.")
    own = session.user_id == actor.id
    if not own:
        _require_may_end(actor=actor, user=session.user)
    reason = _own_end(actor, session.id) if own else SessionEnd.KILLED
    sessions = SignInSession.objects.filter(id=session.id)
    end_sessions(actor=actor, sessions=sessions, reason=reason, now=now)


@opens_transaction
def end_sessions_of_person(*, actor: Actor, user_id: uuid.UUID, now: dt.datetime) -> int:
    """Sign a colleague, or for the platform anybody, out everywhere; how many sessions ended.

    See `end_sessions`; mails the person when there was any.

    :raises PermissionDenied: unless the actor carries `sessions.revoke_any`; only owners end
        owners' sessions, and only who manages staff those of staff.
    :raises NotFound: if there is no such person in view.
    """
    policy.require(actor, REVOKE_ANY)
    user = visible_people(actor).filter(id=user_id).first()
    if user is None:
        raise NotFound("There is no such person.")
    _require_may_end(actor=actor, user=user)
    sessions = SignInSession.objects.filter(user=user)
    ended = end_sessions(actor=actor, sessions=sessions, reason=SessionEnd.KILLED, now=now)
    if ended:
        words = {"who": actor.display}
        kind = MailKind.SESSIONS_ENDED
        notify_security(actor=actor, user=user, kind=kind, variables=words, now=now)
    return ended


def _require_may_end(*, actor: Actor, user: User) -> None:
    policy.require(actor, REVOKE_ANY)
    if user.platform_role is not None:
        policy.require(actor, "staff.manage", stopping=True)
    elif not actor.is_platform and not policy.may_grant(actor, user.role or ""):
        raise PermissionDenied("Only an owner can end an owner's session.")


@opens_transaction
def end_own_session(*, actor: Actor, session_id: uuid.UUID, now: dt.datetime) -> None:
    """End one of one's own sessions, here or elsewhere; see `end_sessions`.

    Unlike `revoke_session` it finds nobody else's, whatever the actor's role.

    :raises NotFound: if the actor has no such session.
    """
    own = SignInSession.objects.filter(id=session_id, user_id=_person(actor))
    if not own.exists():
        raise NotFound("There is no such session.")
    end_sessions(actor=actor, sessions=own, reason=_own_end(actor, session_id), now=now)


@opens_transaction
def end_other_sessions(*, actor: Actor, keep: uuid.UUID, now: dt.datetime) -> int:
    """End every session of one's own but the one that asks, and say how many; see `end_sessions`.

    :param keep: the session that asks.
    :raises PermissionDenied: if the actor is no person.
    """
    others = SignInSession.objects.filter(user_id=_person(actor)).exclude(id=keep)
    return end_sessions(actor=actor, sessions=others, reason=SessionEnd.ENDED_ELSEWHERE, now=now)


def _own_end(actor: Actor, session_id: uuid.UUID) -> SessionEnd:
    """Signing out, or ending another session of one's own: that may be a thief's."""
    here = actor.session_id in (None, session_id)
    return SessionEnd.SIGNED_OUT if here else SessionEnd.ENDED_ELSEWHERE


def _person(actor: Actor) -> uuid.UUID:
    if actor.kind is not ActorKind.USER or actor.id is None:
        raise PermissionDenied("Only a person has sessions.")
    return actor.id


@needs_transaction
def end_sessions_of(*, actor: Actor, user: User, reason: SessionEnd, now: dt.datetime) -> None:
    """End every live session of a person; see `end_sessions`."""
    sessions = SignInSession.objects.filter(user=user)
    end_sessions(actor=actor, sessions=sessions, reason=reason, now=now)


@needs_transaction
def end_sessions(
    *, actor: Actor, sessions: QuerySet[SignInSession], reason: SessionEnd, now: dt.datetime
) -> int:
    """End those of the sessions that are live, and say how many. Locks them in id order.

    Emits `accounts.session.revoked` and records `accounts.session.revoke` for each.
    """
    live = sessions.filter(revoked_at=None).order_by("id")
    ending = list(live.select_for_update(no_key=True))
    ids = [session.id for session in ending]
    SignInSession.objects.filter(id__in=ids).update(revoked_at=now, revoked_reason=reason)
    record_many([_act(actor=actor, session=one, reason=reason, now=now) for one in ending])
    emit_many([_fact(actor=actor, session=one, now=now) for one in ending])
    return len(ending)


def _act(*, actor: Actor, session: SignInSession, reason: SessionEnd, now: dt.datetime) -> Act:
    return Act(
        actor=actor,
        action="accounts.session.revoke",
        subject_type="session",
        subject_id=session.id,
        organization_id=session.organization_id,
        metadata={"reason": reason.value, "user_id": str(session.user_id)},
        now=now,
    )


def _fact(*, actor: Actor, session: SignInSession, now: dt.datetime) -> Fact:
    return Fact(
        name="accounts.session.revoked",
        organization_id=session.organization_id,
        subject_id=session.id,
        payload={"session_id": str(session.id), "user_id": str(session.user_id)},
        actor=actor,
        now=now,
    )
