"""Registering, signing in and out, and joining by invitation."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from accounts import errors as accounts_errors
from accounts.actors import as_user
from accounts.services import invitations, organizations, sessions, sign_in
from accounts.services.sessions import TokenPair
from accounts.tokens import read_access_token
from api import fields
from api.answers import Answer
from api.endpoint import Endpoint, actor_of, body_of
from api.schema.operations import operation
from api.v1.me import User, rendered_user
from api.v1.organizations import Organization, rendered_organization
from kernel import clock
from kernel.actor import ActorKind
from kernel.errors import PermissionDenied

TAG = "Sign-in"
MAX_PASSWORD = 1_000


class Registration(fields.StrictSerializer):
    """A new organization and its first owner."""

    organization_name = fields.LineField(visible=True, max_length=200)
    country = fields.PatternField(
        r"^[A-Z]{2}$", message="Expected a country code like IN.", help_text="ISO 3166-1 alpha-2."
    )
    base_currency = fields.currency(help_text="ISO 4217.")
    timezone = fields.TextField(default="UTC", max_length=64, help_text="IANA name.")
    owner_name = fields.LineField(visible=True, max_length=200)
    email = fields.EmailText()
    password = fields.TextField(max_length=MAX_PASSWORD, help_text="8 to 128 characters.")


class Registered(serializers.Serializer[Any]):
    """The organization, pending until the platform activates it, and its owner."""

    organization = Organization()
    user = User()


class Credentials(fields.StrictSerializer):
    """What somebody signs in with."""

    email = fields.TextField(max_length=254)
    password = fields.TextField(max_length=MAX_PASSWORD)


class Tokens(serializers.Serializer[Any]):
    """Send `access` as a bearer token; exchange `refresh` once before it idles out."""

    access = serializers.CharField()
    refresh = serializers.CharField()
    token_type = serializers.ChoiceField(choices=["Bearer"])
    expires_in = serializers.IntegerField(help_text="Seconds that `access` lives.")


class Refresh(fields.StrictSerializer):
    """The refresh token of last time."""

    refresh = fields.TextField(max_length=200)


class SignOut(fields.StrictSerializer):
    """Nothing is needed: the session of the access token ends, with all its tokens."""

    refresh = fields.TextField(
        max_length=200, required=False, help_text="Not needed; ends with the session."
    )


class Joining(fields.StrictSerializer):
    """An invited person's details."""

    token = fields.TextField(max_length=200, help_text="Out of the invitation.")
    full_name = fields.LineField(visible=True, max_length=200)
    password = fields.TextField(max_length=MAX_PASSWORD, help_text="8 to 128 characters.")


class Register(Endpoint):
    """Open to everybody."""

    public = True
    authentication_classes = []

    @operation(
        "register",
        tag=TAG,
        summary="Register an organization and its first owner",
        request=Registration,
        response=Registered,
        status=201,
        refusals=(
            accounts_errors.InvalidProfile,
            accounts_errors.WeakPassword,
            accounts_errors.EmailTaken,
            accounts_errors.RegistrationClosed,
        ),
        public=True,
    )
    def post(self, request: Request) -> HttpResponse:
        """Register."""
        order = body_of(request, Registration)
        email = order.pop("email")
        registered = organizations.register_organization(
            actor=actor_of(request), owner_email=email, now=clock.now(), **order
        )
        found = {
            "organization": rendered_organization(registered.organization),
            "user": rendered_user(registered.owner),
        }
        return Answer.of(found, status=201).response()


class SignIn(Endpoint):
    """Open to everybody."""

    public = True
    authentication_classes = []

    @operation(
        "sign_in",
        tag=TAG,
        summary="Sign in with e-mail and password",
        request=Credentials,
        response=Tokens,
        refusals=(accounts_errors.InvalidCredentials, accounts_errors.OrganizationSuspended),
        public=True,
    )
    def post(self, request: Request) -> HttpResponse:
        """Sign in."""
        stranger, now = actor_of(request), clock.now()
        user = sign_in.verify_password(actor=stranger, now=now, **body_of(request, Credentials))
        tokens = sessions.open_session(
            actor=as_user(actor=stranger, user=user),
            now=now,
            user_agent=request._request.headers.get("User-Agent", ""),
        )
        return _tokens(tokens)


class RefreshTokens(Endpoint):
    """Open to everybody who has a refresh token."""

    public = True
    authentication_classes = []

    @operation(
        "refresh_tokens",
        tag=TAG,
        summary="Exchange a refresh token for fresh tokens",
        description="Each refresh token is good once; one that comes back ends the session.",
        request=Refresh,
        response=Tokens,
        refusals=(accounts_errors.InvalidRefreshToken, accounts_errors.OrganizationSuspended),
        public=True,
    )
    def post(self, request: Request) -> HttpResponse:
        """Refresh."""
        order = body_of(request, Refresh)
        return _tokens(
            sessions.rotate_refresh(
                actor=actor_of(request), refresh=order["refresh"], now=clock.now()
            )
        )


def _tokens(pair: TokenPair) -> HttpResponse:
    found = {
        "access": pair.access,
        "refresh": pair.refresh,
        "token_type": "Bearer",
        "expires_in": pair.expires_in_seconds,
    }
    return Answer.of(found).response()


class Logout(Endpoint):
    """For people; an API key is revoked instead."""

    @operation(
        "sign_out",
        tag=TAG,
        summary="End the session of this access token",
        request=SignOut,
        status=204,
    )
    def post(self, request: Request) -> HttpResponse:
        """Sign out."""
        body_of(request, SignOut)
        actor = actor_of(request)
        if actor.kind is not ActorKind.USER:
            raise PermissionDenied("An API key has no session; revoke it instead.")
        session_id = read_access_token(str(request.auth)).session_id
        sessions.revoke_session(actor=actor, session_id=session_id, now=clock.now())
        return HttpResponse(status=204)


class Join(Endpoint):
    """Open to everybody who was invited."""

    public = True
    authentication_classes = []

    @operation(
        "join",
        tag=TAG,
        summary="Accept an invitation",
        request=Joining,
        response=User,
        status=201,
        refusals=(
            accounts_errors.InvalidInvitation,
            accounts_errors.FormerMemberPasswordRequired,
            accounts_errors.InvalidProfile,
            accounts_errors.WeakPassword,
            accounts_errors.EmailTaken,
            accounts_errors.OrganizationSuspended,
        ),
        public=True,
    )
    def post(self, request: Request) -> HttpResponse:
        """Join."""
        user = invitations.join(
            actor=actor_of(request), now=clock.now(), **body_of(request, Joining)
        )
        return Answer.of(rendered_user(user), status=201).response()
