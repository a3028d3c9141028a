"""Clearing caps: how much may be owed across two organizations between settlements."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from accounts.models import PendingAct
from api import fields
from api.answers import Answer
from api.endpoint import Endpoint, actor_of, body_of, path_id
from api.errors import FieldError, UnacceptableValue
from api.schema.operations import operation
from api.v1.pending_acts import Waiting, waiting_answer
from api.v1.rendering import instant, shown
from api.v1.shapes import id_member, minor
from kernel import clock, ids
from kernel.errors import NotFound
from ledger import errors as ledger_errors
from ledger.services.clearing import set_clearing_cap


class ClearingCapOrder(fields.StrictSerializer):
    """Your side's cap; the smaller of both sides' counts."""

    counterparty = fields.PatternField(
        fields.id_pattern("org"), message="Expected an organization's id."
    )
    currency = fields.currency()
    cap_minor = fields.CapField(help_text="Zero stops new debt.")
    organization = fields.PatternField(
        fields.id_pattern("org"),
        message="Expected an organization's id.",
        required=False,
        help_text="Whose side; for platform staff, who have no organization of their own.",
    )


class ClearingCap(serializers.Serializer[Any]):
    """One side's cap."""

    organization = id_member("org")
    counterparty = id_member("org")
    currency = serializers.CharField()
    cap_minor = minor()
    display = serializers.CharField()
    set_at = serializers.DateTimeField()


class ClearingCaps(Endpoint):
    """Stating a cap."""

    @operation(
        "set_clearing_cap",
        tag="Ledger",
        summary="Set how much may be owed across two organizations",
        description="Nothing moves between two organizations until both have stated a cap.",
        request=ClearingCapOrder,
        response=ClearingCap,
        waits=Waiting,
        refusals=(
            NotFound,
            ledger_errors.CapBelowPosition,
            ledger_errors.CurrencyUnknown,
        ),
    )
    def put(self, request: Request) -> HttpResponse:
        """State the cap of one side."""
        actor, order = actor_of(request), body_of(request, ClearingCapOrder)
        named, now = order.get("organization"), clock.now()
        home = path_id("org", named) if named else actor.organization_id
        if home is None:
            missing = FieldError(detail="Say whose side.", code="required", pointer="/organization")
            raise UnacceptableValue(errors=[missing])
        cap = set_clearing_cap(
            actor=actor,
            organization_id=home,
            counterparty_id=path_id("org", order["counterparty"]),
            currency=order["currency"],
            cap_minor=order["cap_minor"],
            now=now,
        )
        if isinstance(cap, PendingAct):
            return waiting_answer(cap, now=now).response()
        return Answer.of(_rendered(cap)).response()


def _rendered(cap: Any) -> dict[str, Any]:
    return {
        "organization": ids.encode("org", cap.organization_id),
        "counterparty": ids.encode("org", cap.counterparty_id),
        "currency": cap.currency_id,
        "cap_minor": cap.cap_minor,
        "display": shown(cap.cap_minor, cap.currency_id),
        "set_at": instant(cap.set_at),
    }
