"""Registering, signing in and out, and joining by invitation."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework import serializers
from rest_framework.request import Request

from accounts import errors as accounts_errors
from accounts.services import devices, invitations, organizations, sessions, sign_in
from accounts.services.challenges import challenge_at_sign_in, second_factor_is_needed
from api import fields
from api.answers import Answer
from api.endpoint import Endpoint, actor_of, body_of, session_of
from api.schema.operations import operation
from api.v1.factors.shapes import Challenged, rendered_challenge
from api.v1.me import User, rendered_user
from api.v1.organizations import Organization, rendered_organization
from api.v1.tokens import Tokens, client_of, device_token, let_in, rendered_tokens
from kernel import clock
from kernel.rates.table import RouteClass

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
    device_token = device_token(
        help_text="Of an earlier sign-in: says that this is the same device."
    )


class Refresh(fields.StrictSerializer):
    """The refresh token of last time."""

    refresh = fields.TextField(max_length=200)
    device_token = device_token(
        help_text="Required when the session was opened by a sign-in that sent it."
    )


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


SIGNED_IN_OR_CHALLENGED = PolymorphicProxySerializer(
    component_name="SignedInOrChallenged",
    serializers=[Tokens, Challenged],
    resource_type_field_name=None,
)


class Register(Endpoint):
    """Open to everybody."""

    rate = RouteClass.REGISTRATION

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

    rate = RouteClass.SIGN_IN

    public = True
    authentication_classes = []

    @operation(
        "sign_in",
        tag=TAG,
        summary="Sign in with e-mail and password",
        description="Tokens, or a challenge to be answered at `/auth/token/challenge`: platform"
        " staff, owners, admins and finance people prove a second factor each time, anybody else on"
        " a device that is new. After several failures an address is refused for a while, even"
        " with the right password, and the person is told by mail; with the `device_token` of an"
        " earlier sign-in of theirs only failures on that device count.",
        request=Credentials,
        response=SIGNED_IN_OR_CHALLENGED,
        refusals=(
            accounts_errors.InvalidCredentials,
            accounts_errors.OrganizationSuspended,
            accounts_errors.TooManyAttempts,
            accounts_errors.TooManyFactorTries,
            accounts_errors.OneTimeCodesUnavailable,
        ),
        public=True,
    )
    def post(self, request: Request) -> HttpResponse:
        """Sign in."""
        stranger, now, order = actor_of(request), clock.now(), body_of(request, Credentials)
        shown = order.pop("device_token", None)
        user = sign_in.verify_password(actor=stranger, device_token=shown, now=now, **order)
        known = devices.known_device(user_id=user.id, token=shown, now=now)
        if second_factor_is_needed(user=user, device_is_known=known is not None):
            challenge = challenge_at_sign_in(
                actor=stranger, user=user, device=client_of(request, shown), now=now
            )
            return Answer.of({"challenge": rendered_challenge(challenge)}).response()
        return let_in(request, user=user, device_token=shown, second_factor=None, now=now)


class RefreshTokens(Endpoint):
    """Open to everybody who has a refresh token."""

    rate = RouteClass.TOKENS

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
        tokens = sessions.rotate_refresh(actor=actor_of(request), now=clock.now(), **order)
        return Answer.of(rendered_tokens(tokens, device_token=None)).response()


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
        session_id = session_of(request)
        sessions.revoke_session(actor=actor_of(request), session_id=session_id, now=clock.now())
        return HttpResponse(status=204)


class Join(Endpoint):
    """Open to everybody who was invited."""

    rate = RouteClass.REGISTRATION

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
            accounts_errors.TooManyAttempts,
        ),
        public=True,
    )
    def post(self, request: Request) -> HttpResponse:
        """Join."""
        user = invitations.join(
            actor=actor_of(request), now=clock.now(), **body_of(request, Joining)
        )
        return Answer.of(rendered_user(user), status=201).response()
