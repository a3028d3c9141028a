"""Rows of challenges: made with an opaque id, found by it."""

from __future__ import annotations

import datetime as dt
import secrets
import uuid

from accounts.choices import ChallengePurpose
from accounts.models import FactorChallenge, User
from kernel.crypto import fingerprint, hash_token, new_token
from kernel.transactions import needs_transaction

LIFETIME = dt.timedelta(minutes=5)
_PASSKEY_CHALLENGE_BYTES = 32


@needs_transaction
def insert_challenge(
    *,
    user: User,
    purpose: ChallengePurpose,
    device: str,
    session_id: uuid.UUID | None,
    now: dt.datetime,
) -> tuple[FactorChallenge, str]:
    """A challenge of a person on a device, open for five minutes, and the text that names it.

    :param device: by what the door knows the device; it must say the same with the answer.
    """
    token = new_token()
    challenge = FactorChallenge.objects.create(
        user=user,
        organization_id=user.organization_id,
        token_hash=hash_token(token),
        purpose=purpose,
        device_hash=fingerprint(device),
        session_id=session_id,
        passkey_challenge=secrets.token_bytes(_PASSKEY_CHALLENGE_BYTES),
        opened_at=now,
        expires_at=now + LIFETIME,
    )
    return challenge, token


def challenge_named(token: str) -> FactorChallenge | None:
    """The challenge with its person and organization, open or not."""
    rows = FactorChallenge.objects.select_related("user__organization")
    return rows.filter(token_hash=hash_token(token)).first()
