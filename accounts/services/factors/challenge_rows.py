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
    binding: bytes = b"",
) -> tuple[FactorChallenge, str]:
    """A challenge of a person on a device, open for five minutes, and the text that names it.

    :param device: by what the door knows the device; it must say the same with the answer.
    :param binding: a hash of what is approved by the answer. What a passkey signs is then made of
        it, and of the token, which nobody can foresee.
    """
    token = new_token()
    to_sign = secrets.token_bytes(_PASSKEY_CHALLENGE_BYTES)
    if binding:
        to_sign = bound_challenge(binding=binding, token_hash=hash_token(token))
    challenge = FactorChallenge.objects.create(
        user=user,
        organization_id=user.organization_id,
        token_hash=hash_token(token),
        purpose=purpose,
        device_hash=fingerprint(device),
        session_id=session_id,
        passkey_challenge=to_sign,
        opened_at=now,
        expires_at=now + LIFETIME,
    )
    return challenge, token


def bound_challenge(*, binding: bytes, token_hash: bytes) -> bytes:
    """The 32 bytes that a passkey signs to approve: whoever has the row can compute them again."""
    return fingerprint("vaultcraft approval", binding.hex(), token_hash.hex())


def challenge_named(token: str) -> FactorChallenge | None:
    """The challenge with its person and organization, open or not."""
    rows = FactorChallenge.objects.select_related("user__organization")
    return rows.filter(token_hash=hash_token(token)).first()


@needs_transaction
def end_challenges(*, user: User, now: dt.datetime) -> None:
    """End whatever the person was asked and has not answered: nobody answers it any more."""
    asked = FactorChallenge.objects.filter(user=user, passed_at=None, expires_at__gt=now)
    asked.update(expires_at=now)
