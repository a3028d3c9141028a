"""Signatures as Standard Webhooks defines them (https://www.standardwebhooks.com), scheme `v1`."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence

PREFIX = "whsec_"
_SECRET_BYTES = 32  # the specification wants 24 to 64


def new_secret() -> str:
    """A secret as integrators keep it: a prefix, and 256 random bits in base 64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def headers_of(
    *, message_id: str, sent_at: int, body: bytes, keys: Sequence[str]
) -> Mapping[str, str]:
    """The three headers of a delivery.

    :param sent_at: seconds since 1970, in UTC.
    :param keys: the secrets to sign with; each gives one signature.
    """
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(sent_at),
        "webhook-signature": " ".join(
            _signature(key, message_id=message_id, sent_at=sent_at, body=body) for key in keys
        ),
    }


def _signature(key: str, *, message_id: str, sent_at: int, body: bytes) -> str:
    raw = base64.b64decode(key.removeprefix(PREFIX))
    signed = f"{message_id}.{sent_at}.".encode() + body
    return f"v1,{base64.b64encode(hmac.digest(raw, signed, hashlib.sha256)).decode()}"
