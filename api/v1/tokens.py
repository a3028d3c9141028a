"""What a program gets when its person has signed in, and by what we know the program."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from accounts.services.sessions import TokenPair


class Tokens(serializers.Serializer[Any]):
    """Send `access` as a bearer token; exchange `refresh` once before it idles out."""

    access = serializers.CharField()
    refresh = serializers.CharField()
    token_type = serializers.ChoiceField(choices=["Bearer"])
    expires_in = serializers.IntegerField(help_text="Seconds that `access` lives.")


def rendered_tokens(pair: TokenPair) -> dict[str, Any]:
    """Both tokens."""
    return {
        "access": pair.access,
        "refresh": pair.refresh,
        "token_type": "Bearer",
        "expires_in": pair.expires_in_seconds,
    }


def user_agent_of(request: Request) -> str:
    """What the program calls itself."""
    return request._request.headers.get("User-Agent", "")


def client_of(request: Request) -> str:
    """By what a challenge knows the client that was challenged.

    The challenge's id is the secret; this only keeps another program from using a stolen one by
    accident or without care.
    """
    return f"api:{user_agent_of(request)}"
