"""The links of a session's chain of refresh tokens."""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import uuid

from django.conf import settings

from accounts.models import RefreshToken, SignInSession
from accounts.tokens import issue_access_token
from kernel.crypto import hash_token, keyed_hash
from kernel.transactions import needs_transaction


@dataclasses.dataclass(frozen=True, slots=True)
class TokenPair:
    """What a client gets: both tokens in clear, this once."""

    access: str
    refresh: str
    expires_in_seconds: int
    session_id: uuid.UUID


@needs_transaction
def insert_token(*, session: SignInSession, text: str, now: dt.datetime) -> RefreshToken:
    """Keep the hash of a new refresh token of the session; it idles out, or ends with it."""
    idle_end = now + dt.timedelta(seconds=settings.REFRESH_IDLE_SECONDS)
    return RefreshToken.objects.create(
        session=session,
        organization_id=session.organization_id,
        token_hash=hash_token(text),
        issued_at=now,
        expires_at=min(idle_end, session.expires_at),
    )


def successor_of(text: str) -> str:
    """The refresh token that follows this one: a keyed hash, so only we can compute it."""
    digest = keyed_hash(key=settings.VAULTCRAFT_PEPPER, parts=("refresh-successor", text))
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def pair(*, session: SignInSession, refresh: str, now: dt.datetime) -> TokenPair:
    """Both tokens for the client, the access token fresh from `now`."""
    access = issue_access_token(user_id=session.user_id, session_id=session.id, now=now)
    return TokenPair(
        access=access,
        refresh=refresh,
        expires_in_seconds=settings.ACCESS_TOKEN_SECONDS,
        session_id=session.id,
    )
