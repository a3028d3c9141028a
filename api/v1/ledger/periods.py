"""Periods of the books: listing, opening, closing, withdrawing."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from accounts.policy import require
from api import fields, queries
from api.answers import Answer
from api.endpoint import Endpoint, actor_of, body_of, path_id
from api.pagination import page_of
from api.schema.operations import operation
from api.schema.shapes import page_shape
from api.v1.ledger.homes import home_of, organization
from api.v1.ledger.shapes import READ, TAG
from api.v1.organizations import Nothing
from api.v1.rendering import instant
from api.v1.shapes import id_member
from kernel import clock, ids
from kernel.context import reading
from kernel.errors import NotFound
from ledger import errors as ledger_errors
from ledger import queries as books
from ledger.choices import PeriodState
from ledger.services.periods import close_period, open_period, withdraw_period

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_PROOF = r"^[0-9a-f]{64}$"


@extend_schema_field({"type": "string", "format": "date"})
class DateField(serializers.Field[dt.date, Any, str, Any]):
    """A day of the calendar."""

    default_error_messages = {
        "invalid": "Expected a day like 2026-11-30.",
        "unrepresentable_time": "There is no such day.",
    }

    def to_internal_value(self, data: Any) -> dt.date:
        """The day."""
        if not isinstance(data, str) or not _DATE.fullmatch(data):
            self.fail("invalid")
        try:
            return dt.date.fromisoformat(data)
        except ValueError:
            self.fail("unrepresentable_time")


class PeriodOrder(fields.StrictSerializer):
    """The next period; it begins where the last one ended."""

    closes_on = DateField(help_text="Its last day, in the organization's time zone.")
    organization = organization(
        help_text="Whose books; for platform staff, who have no organization of their own."
    )


class Period(serializers.Serializer[Any]):
    """A stretch of the books. Proofs are SHA-256, in hexadecimal, of what accounts showed."""

    id = id_member("per")
    organization = id_member("org")
    state = serializers.ChoiceField(choices=PeriodState.choices)
    starts_at = serializers.DateTimeField(allow_null=True, help_text="Null: from the first entry.")
    closes_on = serializers.DateField()
    ends_at = serializers.DateTimeField(help_text="Exclusive.")
    opened_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    withdrawn_at = serializers.DateTimeField(allow_null=True)
    opening_proof = serializers.RegexField(_PROOF, allow_null=True)
    closing_proof = serializers.RegexField(_PROOF, allow_null=True)


PeriodPage = page_shape(Period, "PeriodPage")


class PeriodQuery(queries.PageQuery):
    """Which periods."""

    list_name = "periods"

    state = queries.one_of(*PeriodState.values, required=False)


class Periods(Endpoint):
    """The list of periods, and opening the next."""

    @operation(
        "list_periods",
        tag=TAG,
        summary="List periods of the books, newest first",
        response=PeriodPage,
        query=PeriodQuery,
    )
    def get(self, request: Request) -> HttpResponse:
        """One page of periods."""
        actor, query = actor_of(request), queries.query_of(request, PeriodQuery)
        require(actor, READ)
        rows = books.periods()
        if "state" in query:
            rows = rows.filter(state=query["state"])
        with reading(actor):
            page = page_of(
                request, rows, query=query, render=lambda found: [_rendered(row) for row in found]
            )
        return Answer.of(page).response()

    @operation(
        "open_period",
        tag=TAG,
        summary="Open the next period of the books",
        request=PeriodOrder,
        response=Period,
        status=201,
        refusals=(
            NotFound,
            ledger_errors.PeriodEndUnusable,
            ledger_errors.PeriodAlreadyOpen,
        ),
    )
    def post(self, request: Request) -> HttpResponse:
        """Open it."""
        actor, order = actor_of(request), body_of(request, PeriodOrder)
        period = open_period(
            actor=actor,
            organization_id=home_of(actor, order),
            closes_on=order["closes_on"],
            now=clock.now(),
        )
        return Answer.of(_rendered(period), status=201).response()


class ClosePeriod(Endpoint):
    """The end of a period."""

    @operation(
        "close_period",
        tag=TAG,
        summary="Close a period: what counts before its end is final",
        request=Nothing,
        response=Period,
        path={"period_id": "per"},
        refusals=(
            ledger_errors.PeriodNotOver,
            ledger_errors.PeriodAlreadyClosed,
            ledger_errors.PeriodWithdrawn,
        ),
    )
    def post(self, request: Request, period_id: str) -> HttpResponse:
        """Close it."""
        actor, _ = actor_of(request), body_of(request, Nothing)
        period = close_period(actor=actor, period_id=path_id("per", period_id), now=clock.now())
        return Answer.of(_rendered(period)).response()


class WithdrawPeriod(Endpoint):
    """Taking back a period that should not have been opened."""

    @operation(
        "withdraw_period",
        tag=TAG,
        summary="Withdraw an open period: another may be opened in its place",
        request=Nothing,
        response=Period,
        path={"period_id": "per"},
        refusals=(ledger_errors.PeriodAlreadyClosed, ledger_errors.PeriodWithdrawn),
    )
    def post(self, request: Request, period_id: str) -> HttpResponse:
        """Withdraw it."""
        actor, _ = actor_of(request), body_of(request, Nothing)
        period = withdraw_period(actor=actor, period_id=path_id("per", period_id), now=clock.now())
        return Answer.of(_rendered(period)).response()


def _rendered(period: Any) -> dict[str, Any]:
    return {
        "id": ids.encode("per", period.id),
        "organization": ids.encode("org", period.organization_id),
        "state": period.state,
        "starts_at": instant(period.starts_at),
        "closes_on": period.closes_on.isoformat(),
        "ends_at": instant(period.ends_at),
        "opened_at": instant(period.opened_at),
        "closed_at": instant(period.closed_at),
        "withdrawn_at": instant(period.withdrawn_at),
        "opening_proof": _hex(period.opening_proof),
        "closing_proof": _hex(period.closing_proof),
    }


def _hex(proof: bytes | memoryview | None) -> str | None:
    return None if proof is None else bytes(proof).hex()
