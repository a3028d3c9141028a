"""One's own phone number, and finding a colleague by one."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from accounts import errors as accounts_errors
from accounts.models import Phone as PhoneRow
from accounts.policy import require
from accounts.queries import people_with_phone
from accounts.services import phones
from api import fields, queries
from api.answers import Answer
from api.endpoint import Endpoint, actor_of, body_of
from api.schema.operations import operation
from api.v1.me import User, rendered_user
from api.v1.rendering import instant
from api.v1.shapes import NoMembers
from kernel import clock
from kernel.context import reading
from kernel.rates.table import RouteClass

TAG = "Me"
MOST_FOUND = 25


class PhoneOrder(fields.StrictSerializer):
    """A phone number."""

    phone = fields.TextField(
        max_length=30, help_text="International, like `+91 98765 43210` (ITU-T E.164)."
    )


class Phone(serializers.Serializer[Any]):
    """A phone number as it is shown: its last digits."""

    masked = serializers.CharField()
    set_at = serializers.DateTimeField()


class WholePhone(serializers.Serializer[Any]):
    """The whole number."""

    phone = serializers.RegexField(r"^\+[1-9][0-9]{7,14}$")


class People(serializers.Serializer[Any]):
    """Whom a number belongs to."""

    members = User(many=True)


class MyPhone(Endpoint):
    """For people."""

    @operation(
        "read_my_phone",
        tag=TAG,
        summary="Read my phone number, masked",
        response=Phone,
        query=queries.Query,
        refusals=(accounts_errors.PhoneNotFound,),
    )
    def get(self, request: Request) -> HttpResponse:
        """The last digits."""
        actor, _ = actor_of(request), queries.query_of(request)
        with reading(actor):
            row = PhoneRow.objects.filter(Q(user_id=actor.id)).first()
        if row is None:
            raise accounts_errors.PhoneNotFound()
        return _answer(row)

    @operation(
        "set_my_phone",
        tag=TAG,
        summary="Set my phone number",
        request=PhoneOrder,
        response=Phone,
        refusals=(accounts_errors.StepUpRequired, accounts_errors.InvalidProfile),
    )
    def put(self, request: Request) -> HttpResponse:
        """Keep a number in place of the one before."""
        order = body_of(request, PhoneOrder)
        return _answer(phones.set_phone(actor=actor_of(request), now=clock.now(), **order))

    @operation(
        "remove_my_phone",
        tag=TAG,
        summary="Forget my phone number",
        status=204,
        refusals=(accounts_errors.StepUpRequired,),
    )
    def delete(self, request: Request) -> HttpResponse:
        """Forget it."""
        phones.remove_phone(actor=actor_of(request), now=clock.now())
        return HttpResponse(status=204)


class RevealMyPhone(Endpoint):
    """For people."""

    rate = RouteClass.REVEALS

    @operation(
        "reveal_my_phone",
        tag=TAG,
        summary="Read my whole phone number",
        description="Each time is noted in the audit record.",
        request=NoMembers,
        response=WholePhone,
        refusals=(accounts_errors.StepUpRequired, accounts_errors.PhoneNotFound),
    )
    def post(self, request: Request) -> HttpResponse:
        """The whole number."""
        body_of(request, NoMembers)
        number = phones.reveal_phone(actor=actor_of(request), now=clock.now())
        return Answer.of({"phone": number}).response()


class FindMembers(Endpoint):
    """A POST, so that the number stands in no log of addresses."""

    rate = RouteClass.LOOK_UPS

    @operation(
        "find_members",
        tag="People",
        summary="Find colleagues by their phone number",
        description=f"Exactly this number, in any spelling; at most {MOST_FOUND} people.",
        request=PhoneOrder,
        response=People,
        refusals=(accounts_errors.InvalidProfile,),
    )
    def post(self, request: Request) -> HttpResponse:
        """Those in view who have it."""
        actor, order = actor_of(request), body_of(request, PhoneOrder)
        require(actor, "people.read")
        with reading(actor):
            found = people_with_phone(actor, order["phone"])[:MOST_FOUND]
            members = [rendered_user(row) for row in found]
        return Answer.of({"members": members}).response()


def _answer(row: PhoneRow) -> HttpResponse:
    return Answer.of({"masked": row.masked, "set_at": instant(row.set_at)}).response()
