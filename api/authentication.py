"""From `Authorization: Bearer ...` to an Actor. No cookie counts here, so no CSRF can happen."""

from __future__ import annotations

import structlog
from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from accounts.services import api_keys, sessions
from api.errors import InvalidCredential
from api.problems import challenge, request_id_of
from kernel import actor as actors
from kernel import clock
from kernel.actor import Actor, Door
from kernel.addresses import client_ip

API_KEY_PREFIX = "vck_"
MAX_CREDENTIAL_LENGTH = 2_000


class BearerAuthentication(BaseAuthentication):
    """An access token or an API key; which of the two is told by its first letters."""

    def authenticate(self, request: Request) -> tuple[Actor, str] | None:
        """The actor behind the credential, None when there is no credential.

        :raises VaultCraftError: of kind UNAUTHENTICATED when the credential does not count.
        """
        header = request._request.META.get("HTTP_AUTHORIZATION")
        if header is None:
            return None
        scheme, _, credential = header.partition(" ")
        if scheme.lower() != "bearer" or not 0 < len(credential) <= MAX_CREDENTIAL_LENGTH:
            raise InvalidCredential("Send `Authorization: Bearer` and an access token or API key.")
        actor = _actor(request._request, credential)
        request._request.actor = actor  # type: ignore[attr-defined]
        structlog.contextvars.bind_contextvars(actor=actor.principal)
        return actor, credential

    def authenticate_header(self, request: Request) -> str:
        """The challenge of a 401."""
        return challenge(InvalidCredential())


def _actor(request: HttpRequest, credential: str) -> Actor:
    now, ip, request_id = clock.now(), client_ip(request.META), request_id_of(request)
    if credential.startswith(API_KEY_PREFIX):
        return api_keys.authenticate(
            secret=credential, door=Door.API, request_id=request_id, ip=ip, now=now
        )
    return sessions.authenticate(
        token=credential, door=Door.API, request_id=request_id, ip=ip, now=now
    )


def anonymous_actor(request: Request) -> Actor:
    """Whoever sends a public request."""
    plain = request._request
    return actors.anonymous(
        door=Door.API, request_id=request_id_of(plain), ip=client_ip(plain.META)
    )
