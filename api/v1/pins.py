"""One's own transaction PIN."""

from __future__ import annotations

import dataclasses
from typing import Any

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from accounts import errors as accounts_errors
from accounts.services import pins
from api import fields, queries
from api.answers import Answer
from api.endpoint import Endpoint, actor_of, body_of
from api.schema.operations import operation
from api.v1.organizations import Nothing
from api.v1.rendering import instant
from kernel import clock
from kernel.rates.table import RouteClass

TAG = "PIN"
PIN = r"^[0-9]{4}$"

TRIED = (
    accounts_errors.PinNotSet,
    accounts_errors.PinLocked,
    accounts_errors.WrongPin,
    accounts_errors.PinsRefused,
)


def pin_member(**kwargs: Any) -> fields.PatternField:
    """Four digits."""
    return fields.PatternField(PIN, message="Expected four digits.", **kwargs)


class Pin(fields.StrictSerializer):
    """A first PIN."""

    pin = pin_member()


class PinChange(fields.StrictSerializer):
    """Another PIN in place of the old one."""

    current_pin = pin_member(help_text="A wrong one counts as a try like any other.")
    pin = pin_member()


class PinResetConfirmation(fields.StrictSerializer):
    """A new PIN in place of a forgotten one."""

    token = fields.TextField(max_length=100, help_text="From the link in the mail.")
    pin = pin_member()


class PinStanding(serializers.Serializer[Any]):
    """How a PIN stands."""

    is_set = serializers.BooleanField()
    set_at = serializers.DateTimeField(allow_null=True)
    counts_from = serializers.DateTimeField(
        allow_null=True,
        help_text="From when it approves payments, where it does not yet: it was set with no more"
        " proof than a code by e-mail, or an app or a passkey of less than a day.",
    )
    tries_left = serializers.IntegerField(min_value=0, max_value=pins.MAX_TRIES)
    locked_until = serializers.DateTimeField(
        allow_null=True, help_text="It unlocks by itself; wallets are not affected."
    )
    reset_at = serializers.DateTimeField(
        allow_null=True, help_text="From when a PIN that was chosen by mail alone counts."
    )


class MyPin(Endpoint):
    """The PIN."""

    rate = RouteClass.PROOFS

    @operation(
        "read_pin",
        tag=TAG,
        summary="Read how my PIN stands",
        response=PinStanding,
        query=queries.Query,
    )
    def get(self, request: Request) -> HttpResponse:
        """How it stands."""
        queries.query_of(request)
        return _standing(request)

    @operation(
        "set_pin",
        tag=TAG,
        summary="Set a first PIN",
        request=Pin,
        response=PinStanding,
        status=201,
        refusals=(
            accounts_errors.WeakPin,
            accounts_errors.PinAlreadySet,
            accounts_errors.StepUpRequired,
            accounts_errors.NetworkNotTrusted,
        ),
    )
    def post(self, request: Request) -> HttpResponse:
        """Set it."""
        order = body_of(request, Pin)
        pins.set_pin(actor=actor_of(request), pin=order["pin"], now=clock.now())
        return _standing(request, status=201)

    @operation(
        "change_pin",
        tag=TAG,
        summary="Change the PIN with the old one",
        request=PinChange,
        response=PinStanding,
        refusals=(accounts_errors.WeakPin, *TRIED),
    )
    def put(self, request: Request) -> HttpResponse:
        """Change it."""
        order = body_of(request, PinChange)
        pins.change_pin(
            actor=actor_of(request),
            current_pin=order["current_pin"],
            pin=order["pin"],
            now=clock.now(),
        )
        return _standing(request)


class PinResets(Endpoint):
    """A forgotten PIN."""

    rate = RouteClass.PROOFS

    @operation(
        "request_pin_reset",
        tag=TAG,
        summary="Ask for a mail with a link to choose a new PIN",
        request=Nothing,
        response=PinStanding,
        status=202,
        refusals=(accounts_errors.PinNotSet,),
    )
    def post(self, request: Request) -> HttpResponse:
        """Send the link."""
        body_of(request, Nothing)
        pins.request_pin_reset(actor=actor_of(request), now=clock.now())
        return _standing(request, status=202)

    @operation(
        "cancel_pin_reset",
        tag=TAG,
        summary="Call off a new PIN that waits, or the link to choose one",
        response=PinStanding,
        refusals=(accounts_errors.InvalidPinReset,),
    )
    def delete(self, request: Request) -> HttpResponse:
        """Call it off."""
        pins.cancel_pin_reset(actor=actor_of(request), now=clock.now())
        return _standing(request)


class ConfirmPinReset(Endpoint):
    """The link, followed."""

    rate = RouteClass.PROOFS

    @operation(
        "confirm_pin_reset",
        tag=TAG,
        summary="Choose a new PIN by the link in the mail",
        description="It counts at once for who showed a second factor other than e-mail in this"
        " session lately, and after 24 hours for others; until then it can be called off.",
        request=PinResetConfirmation,
        response=PinStanding,
        refusals=(accounts_errors.WeakPin, accounts_errors.InvalidPinReset),
    )
    def post(self, request: Request) -> HttpResponse:
        """Choose it."""
        order = body_of(request, PinResetConfirmation)
        pins.choose_forgotten_pin(
            actor=actor_of(request), token=order["token"], pin=order["pin"], now=clock.now()
        )
        return _standing(request)


def _standing(request: Request, *, status: int = 200) -> HttpResponse:
    standing = pins.pin_standing(actor=actor_of(request), now=clock.now())
    found = dataclasses.asdict(standing)
    times = ("set_at", "counts_from", "locked_until", "reset_at")
    found |= {name: instant(found[name]) for name in times}
    return Answer.of(found, status=status).response()
