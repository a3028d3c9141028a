"""The base of every operation: who asks, what they sent, and problems for all that goes wrong."""

from __future__ import annotations

import re
import uuid
from typing import Any, ClassVar

from django.http import HttpResponse
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from accounts import policy
from accounts.tokens import read_access_token
from api import errors, fields
from api.authentication import BearerAuthentication, anonymous_actor
from api.middleware import answer_for
from api.parsing import MAX_BODY_BYTES, StrictJSONParser, announced_length, comes_in_chunks
from api.schema.autoschema import ProblemSchema
from api.throttling import add_rate_headers, admit_request, count_refused_credential
from kernel import ids
from kernel.actor import Actor, ActorKind
from kernel.errors import Kind, NotFound, PermissionDenied, VaultCraftError
from kernel.rates.table import RouteClass

# Where people look after their own account: the only places for staff by a mailed code.
_OF_ONESELF = re.compile(r"api/v1/(me|auth)(/|$)")


class Endpoint(APIView):
    """One address of the API. Everybody must be signed in unless the class says `public`."""

    http_method_names = ["get", "head", "post", "put", "patch", "delete"]
    authentication_classes = [BearerAuthentication]
    permission_classes = []
    throttle_classes = []
    parser_classes: list[type[BaseParser]] = [StrictJSONParser]
    schema = ProblemSchema()

    public: ClassVar[bool] = False
    # Which limit counts a request: of GET and HEAD, and of every other method.
    rate_of_reads: ClassVar[RouteClass] = RouteClass.READS
    rate: ClassVar[RouteClass] = RouteClass.CHANGES
    max_body_bytes: ClassVar[int] = MAX_BODY_BYTES

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse oversized and chunked bodies unread, find out who asks, and whether too often.

        Answers are always JSON and the version is in the path, so DRF's negotiations are left out.
        """
        if comes_in_chunks(request._request):
            raise errors.LengthRequired()
        if announced_length(request._request) > self.max_body_bytes:
            raise errors.BodyTooLarge(
                f"Send at most {self.max_body_bytes} bytes.",
                facts={"maximum_bytes": self.max_body_bytes},
            )
        actor = self._caller(request)
        admit_request(
            request._request,
            actor=actor,
            route=self.rate_of_reads if request.method in ("GET", "HEAD") else self.rate,
        )
        if not self.public and not _OF_ONESELF.match(_route_of(request)):
            policy.require_more_than_mailbox(actor)

    def _caller(self, request: Request) -> Actor:
        """Who asks.

        :raises NotAuthenticated: without a credential.
        :raises QuotaExceeded: after too many credentials that do not count, from one address.
        """
        if self.public:
            stranger = anonymous_actor(request)
            request._request.actor = stranger  # type: ignore[attr-defined]
            return stranger
        try:
            actor = request.user
        except VaultCraftError as error:
            if error.kind is Kind.UNAUTHENTICATED:
                stranger = anonymous_actor(request)
                count_refused_credential(request._request, stranger=stranger)
            raise
        if not isinstance(actor, Actor):
            raise errors.NotAuthenticated()
        return actor

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Answers are somebody's money: nothing between us and the client keeps them."""
        done = super().finalize_response(request, response, *args, **kwargs)
        done.headers.setdefault("Cache-Control", "no-store")
        add_rate_headers(self.request._request, done)
        return done

    def handle_exception(self, exc: Exception) -> HttpResponse:  # type: ignore[override]
        """Every exception that leaves a view, foreseen or not, becomes a problem."""
        return answer_for(self.request._request, exc)


def _route_of(request: Request) -> str:
    match = request._request.resolver_match
    return match.route if match else ""


def actor_of(request: Request) -> Actor:
    """Who asks; the anonymous actor on public operations."""
    actor = getattr(request._request, "actor", None)
    if not isinstance(actor, Actor):
        raise errors.NotAuthenticated()
    return actor


def session_of(request: Request) -> uuid.UUID:
    """The sign-in session behind the access token.

    :raises PermissionDenied: if a program asks: an API key has no session.
    """
    if actor_of(request).kind is not ActorKind.USER:
        raise PermissionDenied("An API key has no session; this is for people.")
    return read_access_token(str(request.auth)).session_id


def body_of(request: Request, serializer: type[BaseSerializer[Any]]) -> Any:
    """The body, validated.

    :raises InvalidRequest: when its shape is wrong.
    :raises UnacceptableValue: when a value in it cannot be accepted.
    """
    return fields.validated(serializer(data=request.data))


def path_id(prefix: str, text: str) -> uuid.UUID:
    """The id in the path.

    :raises NotFound: if it cannot be one; nothing lives at such an address.
    """
    try:
        return ids.decode(prefix, text)
    except ids.MalformedId:
        raise NotFound() from None
