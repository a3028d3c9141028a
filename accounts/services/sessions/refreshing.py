"""Rotating refresh tokens: one winner, a short grace, and a theft alarm.

Each token is used once and has exactly one successor, derived from it by a keyed hash. So when an
answer is lost, the same successor can be given again without ever having been stored. A used token
that comes back after that ends the session (RFC 9700, section 4.14.2).
"""

from __future__ import annotations

import datetime as dt
import uuid
from hmac import compare_digest

from django.db import connection

from accounts.choices import MailKind, SessionEnd
from accounts.errors import InvalidRefreshToken, OrganizationSuspended
from accounts.models import RefreshToken, SignInSession
from accounts.services.lookups import view_of_newcomer
from accounts.services.mail import notify_security
from accounts.services.networks.noting import note_network
from accounts.services.sessions.ending import end_sessions
from accounts.services.sessions.tokens import TokenPair, insert_token, pair, successor_of
from audit.services import record
from events.services import emit
from kernel.actor import Actor
from kernel.context import Context, Scope, reading_as
from kernel.crypto import hash_token
from kernel.transactions import needs_transaction, opens_transaction

GRACE = dt.timedelta(seconds=10)


def rotate_refresh(
    *, actor: Actor, refresh: str, now: dt.datetime, device_token: str | None = None
) -> TokenPair:
    """Exchange a refresh token for its successor and a fresh access token.

    However many requests bring the same token at once, one uses it; the others, and a retry within
    `GRACE`, get the same successor as long as that is unused itself. Later, the session is ended:
    emits `accounts.refresh_token.reused` and `accounts.session.revoked`, records
    `accounts.refresh_token.reuse`, and mails the person. An ordinary refresh is kept on the
    session, not audited. A token without the device that its session is bound to is not used up:
    records `accounts.refresh_token.refuse`.

    :param actor: the stranger at the door.
    :param device_token: of the device the session was opened on; must be its own when given, and
        given when the session is bound to it.
    :raises InvalidRefreshToken: if the token is unknown, expired or reused, its session ended, or
        the device is another.
    :raises OrganizationSuspended: if the person's organization is suspended.
    """
    session = _session_of(refresh)
    if session is None or not session.user.is_active:
        raise InvalidRefreshToken()
    if not session.user.may_sign_in:
        raise OrganizationSuspended()
    if not _on_its_device(session=session, device_token=device_token):
        _refuse(actor=actor, organization_id=session.organization_id, session=session, now=now)
        raise InvalidRefreshToken()
    tokens = _rotate(actor=actor, organization_id=session.organization_id, refresh=refresh, now=now)
    if tokens is None:
        raise InvalidRefreshToken()
    return tokens


def _session_of(refresh: str) -> SignInSession | None:
    with reading_as(Context(scope=Scope.SIGN_IN)):
        sessions = SignInSession.objects.select_related("user__organization", "device")
        return sessions.filter(tokens__token_hash=hash_token(refresh)).first()


def _on_its_device(*, session: SignInSession, device_token: str | None) -> bool:
    """Whether the request comes from where the session was opened, as far as it has to prove it."""
    if device_token is None:
        return not session.device_bound
    device = session.device
    return device is not None and compare_digest(bytes(device.token_hash), hash_token(device_token))


@opens_transaction(context=view_of_newcomer)
def _refuse(
    *, actor: Actor, organization_id: uuid.UUID | None, session: SignInSession, now: dt.datetime
) -> None:
    record(
        actor=actor,
        action="accounts.refresh_token.refuse",
        subject_type="session",
        subject_id=session.id,
        organization_id=organization_id,
        metadata={"reason": "another_device"},
        now=now,
    )


@opens_transaction(context=view_of_newcomer)
def _rotate(
    *, actor: Actor, organization_id: uuid.UUID | None, refresh: str, now: dt.datetime
) -> TokenPair | None:
    """The next pair, or None for a refusal: it may have ended the session, so it must commit."""
    won = _claim(refresh=refresh, now=now)
    chain = RefreshToken.objects.select_related("session__user", "successor")
    token = chain.get(token_hash=hash_token(refresh))
    if not token.session.is_live(now=now):
        return None
    if won:
        note_network(actor=actor, user_id=token.session.user_id, now=now)
        return _succeed(token=token, refresh=refresh, ip=actor.ip, now=now)
    if token.used_at is None:  # it idled out
        return None
    if _may_replay(token=token, used_at=token.used_at, now=now):
        return pair(session=token.session, refresh=successor_of(refresh), now=now)
    _raise_alarm(actor=actor, session=token.session, now=now)
    return None


@needs_transaction
def _claim(*, refresh: str, now: dt.datetime) -> bool:
    """Use the token, if nobody has: the row lock of this UPDATE decides between requests."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_refreshtoken SET used_at = %s"
            " WHERE token_hash = %s AND used_at IS NULL AND expires_at > %s RETURNING id",
            [now, hash_token(refresh), now],
        )
        return cursor.fetchone() is not None


@needs_transaction
def _succeed(*, token: RefreshToken, refresh: str, ip: str | None, now: dt.datetime) -> TokenPair:
    session, text = token.session, successor_of(refresh)
    token.successor = insert_token(session=session, text=text, now=now)
    token.save(update_fields=["successor"])
    session.last_seen_at, session.last_ip = now, ip
    session.save(update_fields=["last_seen_at", "last_ip"])
    return pair(session=session, refresh=text, now=now)


def _may_replay(*, token: RefreshToken, used_at: dt.datetime, now: dt.datetime) -> bool:
    recent = now - used_at <= GRACE
    return recent and token.successor is not None and token.successor.used_at is None


@needs_transaction
def _raise_alarm(*, actor: Actor, session: SignInSession, now: dt.datetime) -> None:
    ended = end_sessions(
        actor=actor,
        sessions=SignInSession.objects.filter(id=session.id),
        reason=SessionEnd.REFRESH_REUSED,
        now=now,
    )
    if not ended:
        return  # another request has raised it
    record(
        actor=actor,
        action="accounts.refresh_token.reuse",
        subject_type="session",
        subject_id=session.id,
        organization_id=session.organization_id,
        now=now,
    )
    notify_security(
        actor=actor, user=session.user, kind=MailKind.REFRESH_REUSED, variables={}, now=now
    )
    emit(
        name="accounts.refresh_token.reused",
        organization_id=session.organization_id,
        subject_id=session.id,
        payload={"session_id": str(session.id), "user_id": str(session.user_id)},
        actor=actor,
        now=now,
    )
