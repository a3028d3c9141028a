"""Noting that a browser's session is in use, and from where, without a write for each request.

A stamp is as old as a minute, so a session ends up to a minute before its idle time is over, never
after (ASVS 5.0, 7.3.1).
"""

from __future__ import annotations

import datetime as dt
import uuid

from django.conf import settings

from accounts import policy
from accounts.models import SignInSession
from kernel.actor import Actor
from kernel.transactions import opens_transaction

SEEN_EVERY = dt.timedelta(minutes=1)


def idle_seconds_of(*, role: str | None, platform_role: str | None) -> int:
    """How long a browser's session of somebody with these roles may lie idle."""
    strict = policy.needs_strong_factor(role=role, platform_role=platform_role)
    seconds: int = settings.SESSION_IDLE_STRICT_SECONDS if strict else settings.SESSION_IDLE_SECONDS
    return seconds


def note_seen(*, actor: Actor, session: SignInSession, now: dt.datetime) -> None:
    """Move the session's stamp on, if it is a browser's and the stamp older than `SEEN_EVERY`.

    With it the actor's address, so that its person sees from where it is used. To be called by the
    door for a session that counts, before any transaction is open.
    """
    if session.idle_seconds is not None and now - session.last_seen_at >= SEEN_EVERY:
        _note(actor=actor, session_id=session.id, now=now)


@opens_transaction
def _note(*, actor: Actor, session_id: uuid.UUID, now: dt.datetime) -> None:
    """Of requests that come at once the first stamps it; the others change nothing."""
    live = SignInSession.objects.filter(id=session_id, revoked_at=None)
    live.filter(last_seen_at__lte=now - SEEN_EVERY).update(last_seen_at=now, last_ip=actor.ip)
