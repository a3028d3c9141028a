"""Letting somebody in who has proven who they are, and by what we know the program they use."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from accounts.actors import as_user
from accounts.choices import FactorMethod
from accounts.models import User
from accounts.services import devices, sessions
from accounts.services.sessions import TokenPair
from api import fields
from api.answers import Answer
from api.endpoint import actor_of


class Tokens(serializers.Serializer[Any]):
    """Send `access` as a bearer token; exchange `refresh` once before it idles out."""

    access = serializers.CharField()
    refresh = serializers.CharField()
    token_type = serializers.ChoiceField(choices=["Bearer"])
    expires_in = serializers.IntegerField(help_text="Seconds that `access` lives.")
    device_token = serializers.CharField(
        allow_null=True,
        help_text="Only at the first sign-in on a device: keep it and send it at the next one.",
    )


def device_token(*, help_text: str) -> fields.TextField:
    """The member by which a program says on which of its person's devices it runs."""
    return fields.TextField(max_length=200, required=False, help_text=help_text)


def let_in(
    request: Request,
    *,
    user: User,
    device_token: str | None,
    second_factor: FactorMethod | None,
    now: dt.datetime,
) -> HttpResponse:
    """Open a session on the program's device, a new one unless it shows a token we know."""
    actor, user_agent = as_user(actor=actor_of(request), user=user), user_agent_of(request)
    device, fresh = devices.met_device(
        actor=actor, user=user, token=device_token, user_agent=user_agent, now=now
    )
    tokens = sessions.open_session(
        actor=actor,
        now=now,
        user_agent=user_agent,
        device=device,
        device_bound=fresh is None,
        second_factor=second_factor,
        verified=user.password,
    )
    return Answer.of(rendered_tokens(tokens, device_token=fresh)).response()


def rendered_tokens(pair: TokenPair, *, device_token: str | None) -> dict[str, Any]:
    """Both tokens, and that of a new device."""
    return {
        "access": pair.access,
        "refresh": pair.refresh,
        "token_type": "Bearer",
        "expires_in": pair.expires_in_seconds,
        "device_token": device_token,
    }


def user_agent_of(request: Request) -> str:
    """What the program calls itself."""
    return request._request.headers.get("User-Agent", "")


def client_of(request: Request, device_token: str | None) -> str:
    """By what a challenge knows the client that was challenged: its token if it has one, and name.

    The challenge's id is the secret; this keeps it from being answered elsewhere.
    """
    return f"api:{device_token or ''}:{user_agent_of(request)}"
