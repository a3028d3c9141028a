"""One's own second factors. Adding and removing them takes a recent proof of one."""

from __future__ import annotations

import json

from django.http import HttpResponse
from rest_framework.request import Request

from accounts import errors as accounts_errors
from accounts import policy
from accounts.services import factors as service
from api import queries
from api.answers import Answer
from api.endpoint import (
    Endpoint,
    actor_of,
    body_of,
    path_id,
    session_of,
)
from api.schema.operations import operation
from api.v1.factors.shapes import (
    Factors,
    NewPasskey,
    PasskeyEnrollment,
    RecoveryCodes,
    TotpConfirmation,
    TotpEnrollment,
    rendered_factors,
)
from api.v1.shapes import NoMembers
from kernel import clock
from kernel.context import reading
from kernel.errors import NotFound
from kernel.rates.table import RouteClass

TAG = "Me"
STEP_UP = accounts_errors.StepUpRequired
NEW_PLACE = accounts_errors.NetworkNotTrusted


class MyFactors(Endpoint):
    """For people; a program has none."""

    @operation(
        "read_my_factors",
        tag=TAG,
        summary="See my second factors",
        response=Factors,
        query=queries.Query,
    )
    def get(self, request: Request) -> HttpResponse:
        """What counts now."""
        actor, _ = actor_of(request), queries.query_of(request)
        session_of(request)
        needed = policy.needs_strong_factor(role=actor.role, platform_role=actor.platform_role)
        with reading(actor):
            assert actor.id is not None  # session_of
            found = rendered_factors(service.factors_of(actor.id), strong_needed=needed)
        return Answer.of(found).response()


class MyTotp(Endpoint):
    """The authenticator app."""

    @operation(
        "begin_totp",
        tag=TAG,
        summary="Begin to add an authenticator app",
        description="The secret counts once a code has confirmed it; one that counts before stays"
        " until then.",
        request=NoMembers,
        response=TotpEnrollment,
        status=201,
        refusals=(STEP_UP,),
    )
    def post(self, request: Request) -> HttpResponse:
        """A new secret."""
        body_of(request, NoMembers)
        begun = service.begin_totp(actor=actor_of(request), now=clock.now())
        return Answer.of({"secret": begun.secret, "uri": begun.uri}, status=201).response()

    @operation(
        "remove_totp",
        tag=TAG,
        summary="Remove my authenticator app",
        status=204,
        refusals=(STEP_UP, NEW_PLACE, accounts_errors.LastStrongFactor, NotFound),
    )
    def delete(self, request: Request) -> HttpResponse:
        """Erase the secret."""
        service.remove_totp(actor=actor_of(request), now=clock.now())
        return HttpResponse(status=204)


class ConfirmTotp(Endpoint):
    """The first code of the app."""

    rate = RouteClass.PROOFS

    @operation(
        "confirm_totp",
        tag=TAG,
        summary="Confirm my authenticator app with its first code",
        request=TotpConfirmation,
        response=RecoveryCodes,
        refusals=(
            STEP_UP,
            NEW_PLACE,
            accounts_errors.EnrollmentNotBegun,
            accounts_errors.SecondFactorRefused,
        ),
    )
    def post(self, request: Request) -> HttpResponse:
        """Make the secret count."""
        order = body_of(request, TotpConfirmation)
        codes = service.confirm_totp(
            actor=actor_of(request),
            code=order["code"],
            session_id=session_of(request),
            now=clock.now(),
        )
        return Answer.of({"recovery_codes": codes}).response()


class PasskeyOptions(Endpoint):
    """What the browser needs to make a passkey."""

    @operation(
        "begin_passkey",
        tag=TAG,
        summary="Begin to add a passkey",
        request=NoMembers,
        response=PasskeyEnrollment,
        refusals=(STEP_UP, accounts_errors.TooManyPasskeys),
    )
    def post(self, request: Request) -> HttpResponse:
        """A challenge and options."""
        body_of(request, NoMembers)
        begun = service.begin_passkey(
            actor=actor_of(request), session_id=session_of(request), now=clock.now()
        )
        found = {"challenge": begun.challenge, "options": json.loads(begun.options)}
        return Answer.of(found).response()


class MyPasskeys(Endpoint):
    """Adding a passkey."""

    rate = RouteClass.PROOFS

    @operation(
        "add_passkey",
        tag=TAG,
        summary="Add the passkey that the browser made",
        request=NewPasskey,
        response=RecoveryCodes,
        status=201,
        refusals=(
            STEP_UP,
            NEW_PLACE,
            accounts_errors.ChallengeEnded,
            accounts_errors.PasskeyRefused,
            accounts_errors.InvalidProfile,
        ),
    )
    def post(self, request: Request) -> HttpResponse:
        """Keep its public half."""
        order = body_of(request, NewPasskey)
        added = service.finish_passkey(
            actor=actor_of(request), session_id=session_of(request), now=clock.now(), **order
        )
        return Answer.of({"recovery_codes": added.recovery_codes}, status=201).response()


class OnePasskey(Endpoint):
    """One passkey."""

    @operation(
        "remove_passkey",
        tag=TAG,
        summary="Remove one of my passkeys",
        status=204,
        path={"passkey_id": "pky"},
        refusals=(STEP_UP, NEW_PLACE, accounts_errors.LastStrongFactor),
    )
    def delete(self, request: Request, passkey_id: str) -> HttpResponse:
        """It signs nobody in any more."""
        service.remove_passkey(
            actor=actor_of(request), passkey_id=path_id("pky", passkey_id), now=clock.now()
        )
        return HttpResponse(status=204)


class MyRecoveryCodes(Endpoint):
    """Codes on paper."""

    @operation(
        "issue_recovery_codes",
        tag=TAG,
        summary="Get ten new recovery codes",
        description="All older ones are void from then on.",
        request=NoMembers,
        response=RecoveryCodes,
        status=201,
        refusals=(STEP_UP, NEW_PLACE, accounts_errors.LastStrongFactor),
    )
    def post(self, request: Request) -> HttpResponse:
        """Ten codes, shown this once."""
        body_of(request, NoMembers)
        codes = service.regenerate_codes(actor=actor_of(request), now=clock.now())
        return Answer.of({"recovery_codes": codes}, status=201).response()
