"""What follows when a password is another one from now on, however that came."""

from __future__ import annotations

import datetime as dt
import uuid

from accounts.choices import LinkPurpose, MailKind, SessionEnd
from accounts.models import ApiKey, SignInSession, User
from accounts.services.factors.challenge_rows import end_challenges
from accounts.services.links import withdraw_links
from accounts.services.mail import notify_security
from accounts.services.sessions.ending import end_sessions
from audit.services import record
from events.services import emit
from kernel.actor import Actor
from kernel.transactions import needs_transaction

LATELY = dt.timedelta(days=30)


@needs_transaction
def replace_password(
    *,
    actor: Actor,
    user: User,
    password_hash: str,
    verb: str,
    keep_session_id: uuid.UUID | None,
    now: dt.datetime,
) -> None:
    """Keep the new hash, end the person's sessions but one, and tell them by mail.

    An open link for a new password ends, and so do open challenges: whoever is between the old
    password and the second factor begins again. The caller has locked the person. Emits
    `accounts.password.changed` and `accounts.session.revoked` for each session; records
    `accounts.password.<verb>` and `accounts.session.revoke`.
    """
    user.password, user.password_changed_at = password_hash, now
    user.save(update_fields=["password", "password_changed_at"])
    withdraw_links(user=user, purpose=LinkPurpose.RESET_PASSWORD, now=now)
    end_challenges(user=user, now=now)
    sessions = SignInSession.objects.filter(user=user)
    if keep_session_id is not None:
        sessions = sessions.exclude(id=keep_session_id)
    end_sessions(actor=actor, sessions=sessions, reason=SessionEnd.PASSWORD_CHANGED, now=now)
    words = {"keys": _lately_issued_keys(user=user, now=now)}
    kind = MailKind.PASSWORD_CHANGED
    notify_security(actor=actor, user=user, kind=kind, variables=words, now=now)
    _tell(actor=actor, user=user, verb=verb, now=now)


@needs_transaction
def _lately_issued_keys(*, user: User, now: dt.datetime) -> str:
    """How many live API keys were issued in the person's name lately, if any.

    They outlive the password: whoever had it may have left one behind.
    """
    mine = ApiKey.objects.filter(created_by=user, revoked_at=None)
    number = mine.filter(created_at__gt=now - LATELY).count()
    return str(number) if number else ""


@needs_transaction
def _tell(*, actor: Actor, user: User, verb: str, now: dt.datetime) -> None:
    record(
        actor=actor,
        action=f"accounts.password.{verb}",
        subject_type="user",
        subject_id=user.id,
        organization_id=user.organization_id,
        now=now,
    )
    emit(
        name="accounts.password.changed",
        organization_id=user.organization_id,
        subject_id=user.id,
        payload={"user_id": str(user.id)},
        actor=actor,
        now=now,
    )
