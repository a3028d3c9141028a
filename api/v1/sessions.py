"""Where the caller is signed in, and ending that."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from accounts.models import SignInSession
from accounts.queries import own_sessions
from accounts.services import sessions
from accounts.tokens import read_access_token
from accounts.user_agents import label_of
from api import fields, queries
from api.answers import Answer
from api.endpoint import Endpoint, actor_of, body_of, path_id
from api.pagination import page_of
from api.schema.operations import operation
from api.schema.shapes import page_shape
from api.v1.rendering import instant, typed_id
from api.v1.shapes import id_member
from kernel import clock, ids
from kernel.actor import ActorKind, Door
from kernel.context import reading
from kernel.errors import PermissionDenied

TAG = "Me"


class Session(serializers.Serializer[Any]):
    """Somebody signed in, once."""

    id = id_member("ses")
    door = serializers.ChoiceField(choices=[door.value for door in Door])
    device = id_member("dev", allow_null=True)
    name = serializers.CharField(help_text="What its device is called.")
    ip = serializers.CharField(allow_null=True, help_text="From where it was opened.")
    last_ip = serializers.CharField(
        allow_null=True,
        help_text="From where it was used last: a browser's to the minute, a program's when it"
        " last refreshed.",
    )
    opened_at = serializers.DateTimeField()
    last_seen_at = serializers.DateTimeField(help_text="When that was.")
    expires_at = serializers.DateTimeField()
    current = serializers.BooleanField(help_text="Whether this request is part of it.")


SessionPage = page_shape(Session, "SessionPage")


class SessionQuery(queries.PageQuery):
    """Where to go on in the list."""

    list_name = "sessions"


class EndOthers(fields.StrictSerializer):
    """Nothing is needed."""


class EndedSessions(serializers.Serializer[Any]):
    """What was ended."""

    ended = serializers.IntegerField(min_value=0, help_text="How many sessions.")


class OwnSessions(Endpoint):
    """The caller's live sessions."""

    @operation(
        "list_own_sessions",
        tag=TAG,
        summary="List where I am signed in, newest first",
        description="An API key has no sessions, so its list is empty.",
        response=SessionPage,
        query=SessionQuery,
    )
    def get(self, request: Request) -> HttpResponse:
        """One page of sessions."""
        actor, query = actor_of(request), queries.query_of(request, SessionQuery)
        here = session_of(request)
        with reading(actor):
            page = page_of(
                request,
                own_sessions(actor, now=clock.now()),
                query=query,
                render=lambda found: [rendered_session(row, here=here) for row in found],
            )
        return Answer.of(page).response()


class OneOwnSession(Endpoint):
    """One of the caller's sessions."""

    @operation(
        "end_own_session",
        tag=TAG,
        summary="End one of my sessions; its tokens stop at once",
        status=204,
        path={"session_id": "ses"},
    )
    def delete(self, request: Request, session_id: str) -> HttpResponse:
        """End."""
        sessions.end_own_session(
            actor=actor_of(request), session_id=path_id("ses", session_id), now=clock.now()
        )
        return HttpResponse(status=204)


class EndOtherSessions(Endpoint):
    """All of the caller's sessions but this one."""

    @operation(
        "end_other_sessions",
        tag=TAG,
        summary="End all of my sessions but this one",
        request=EndOthers,
        response=EndedSessions,
    )
    def post(self, request: Request) -> HttpResponse:
        """End them."""
        body_of(request, EndOthers)
        actor, here = actor_of(request), session_of(request)
        if here is None:
            raise PermissionDenied("An API key has no session; revoke it instead.")
        ended = sessions.end_other_sessions(actor=actor, keep=here, now=clock.now())
        return Answer.of({"ended": ended}).response()


def session_of(request: Request) -> uuid.UUID | None:
    """The session of the request's access token; None for an API key."""
    if actor_of(request).kind is not ActorKind.USER:
        return None
    return read_access_token(str(request.auth)).session_id


def rendered_session(session: SignInSession, *, here: uuid.UUID | None) -> dict[str, Any]:
    """One session."""
    device = session.device
    return {
        "id": ids.encode("ses", session.id),
        "door": session.door,
        "device": typed_id("dev", session.device_id),
        "name": device.label if device else label_of(session.user_agent),
        "ip": session.ip,
        "last_ip": session.last_ip or session.ip,
        "opened_at": instant(session.opened_at),
        "last_seen_at": instant(session.last_seen_at),
        "expires_at": instant(session.expires_at),
        "current": session.id == here,
    }
