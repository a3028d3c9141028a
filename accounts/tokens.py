"""Access tokens: short-lived, signed with Ed25519, and silent about roles.

djangorestframework-simplejwt signs and checks. Its own backend knows one key and sends no headers;
ours keeps a set of keys by `kid`, so that a new key can sign while the old one still verifies.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, cast

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.conf import settings
from django.core.signals import setting_changed
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenBackendError, TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import AccessToken as SimpleAccessToken

from accounts.errors import InvalidAccessToken
from kernel import ids
from kernel.errors import InvariantBroken

ALGORITHM = "EdDSA"


class KeySetBackend(TokenBackend):
    """Signs with the first key, verifies with the one the token's `kid` names, pins EdDSA."""

    def __init__(self, *, keys: Sequence[Mapping[str, str]], issuer: str, audience: str) -> None:
        super().__init__(ALGORITHM, issuer=issuer, audience=audience)
        private = {key["kid"]: _ed25519(key["private_pem"]) for key in keys}
        self._kid = keys[0]["kid"]
        self._signs_with = private[self._kid]
        self._verifies_with = {kid: key.public_key() for kid, key in private.items()}

    def encode(self, payload: dict[str, Any]) -> str:
        """The signed token, with `iss`, `aud` and the signing key's `kid` added."""
        claims = {**payload, "iss": self.issuer, "aud": self.audience}
        headers = {"kid": self._kid}
        return jwt.encode(claims, self._signs_with, algorithm=ALGORITHM, headers=headers)

    def get_verifying_key(self, token: Any) -> Ed25519PublicKey:
        """The public key the token's header names.

        :raises TokenBackendError: if it names none of ours.
        """
        kid = jwt.get_unverified_header(token).get("kid")
        key = self._verifies_with.get(kid) if isinstance(kid, str) else None
        if key is None:
            raise TokenBackendError("Token is signed with an unknown key")
        return key


class AccessToken(SimpleAccessToken):
    """Subject and session, 15 minutes. What the subject may do is read from the database."""

    @property
    def token_backend(self) -> KeySetBackend:
        """Our key set in place of simplejwt's single key."""
        return _backend()


@dataclasses.dataclass(frozen=True, slots=True)
class AccessClaims:
    """What a valid access token says."""

    user_id: uuid.UUID
    session_id: uuid.UUID


def issue_access_token(*, user_id: uuid.UUID, session_id: uuid.UUID, now: dt.datetime) -> str:
    """A signed access token that lives for `ACCESS_TOKEN_SECONDS` from `now`."""
    token = AccessToken()
    token.set_iat(at_time=now)
    token.set_exp(from_time=now, lifetime=dt.timedelta(seconds=settings.ACCESS_TOKEN_SECONDS))
    token["sub"] = ids.encode("usr", user_id)
    token["sid"] = ids.encode("ses", session_id)
    return str(token)


def read_access_token(text: str) -> AccessClaims:
    """The claims of a token that is ours, unexpired (by the wall clock) and of the access type.

    :raises InvalidAccessToken: for anything else.
    """
    try:
        token = AccessToken(cast(Any, text))
        return AccessClaims(ids.decode("usr", token["sub"]), ids.decode("ses", token["sid"]))
    except (TokenError, KeyError, AttributeError, ids.MalformedId):
        raise InvalidAccessToken() from None


def signing_key_ids() -> list[str]:
    """The `kid` of each signing key; the first signs. Never the keys."""
    return [key["kid"] for key in settings.VAULTCRAFT_JWT_KEYS]


def _ed25519(pem: str) -> Ed25519PrivateKey:
    key = load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise InvariantBroken("VAULTCRAFT_JWT_KEYS must hold Ed25519 private keys")
    return key


@functools.cache
def _backend() -> KeySetBackend:
    return KeySetBackend(
        keys=settings.VAULTCRAFT_JWT_KEYS,
        issuer=api_settings.ISSUER,
        audience=api_settings.AUDIENCE,
    )


def _forget_keys(*, setting: str, **_: object) -> None:
    if setting == "VAULTCRAFT_JWT_KEYS":
        _backend.cache_clear()


setting_changed.connect(_forget_keys)
