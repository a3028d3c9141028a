"""How a PIN is kept.

There are only 10,000 of them: bcrypt alone would fall in half an hour for a whole stolen table. So
what bcrypt gets is keyed by a secret that the database does not hold, and bound to the person, so
that neither a stolen table nor a row copied to somebody else is of use. Base64 because bcrypt ends
at a zero byte and takes 72 bytes at most (OWASP Password Storage, "peppering").
"""

from __future__ import annotations

import base64
import uuid

import bcrypt
from django.conf import settings

from kernel.crypto import keyed_hash

_PURPOSE = ("transaction-pin", "1")


def hash_pin(*, user_id: uuid.UUID, pin: str) -> str:
    """What is stored of a PIN. Slow on purpose: call it outside transactions."""
    salt = bcrypt.gensalt(rounds=settings.PIN_BCRYPT_ROUNDS)
    return bcrypt.hashpw(_keyed(user_id, pin), salt).decode()


def pin_fits(*, user_id: uuid.UUID, pin: str, pin_hash: str) -> bool:
    """Whether it is the PIN. Slow on purpose: call it outside transactions."""
    return bcrypt.checkpw(_keyed(user_id, pin), pin_hash.encode())


def _keyed(user_id: uuid.UUID, pin: str) -> bytes:
    key = keyed_hash(key=settings.VAULTCRAFT_PEPPER, parts=_PURPOSE)
    return base64.b64encode(keyed_hash(key=key, parts=(str(user_id), pin)))
