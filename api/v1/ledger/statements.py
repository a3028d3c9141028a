"""An account's statement: opening balance, lines, closing balance."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from accounts.policy import require
from api import queries
from api.answers import Answer
from api.endpoint import Endpoint, actor_of, path_id
from api.schema.operations import operation
from api.v1.ledger.balances import AXIS
from api.v1.ledger.shapes import READ, TAG
from api.v1.rendering import instant, shown, typed_id
from api.v1.shapes import id_member, minor
from kernel import clock, ids
from kernel.context import reading
from kernel.links import absolute
from kernel.rates.table import RouteClass
from ledger import queries as books
from ledger.choices import Axis, TransactionKind
from ledger.errors import RangeUnusable
from ledger.queries.statements import EARLIEST, LATEST

_SIDE = "n_statement"
_LOW_BITS = 64
_MICROSECOND = dt.timedelta(microseconds=1)
_MAX_VERSION = 2**63 - 1


class StatementQuery(queries.PageQuery):
    """Which stretch, and in which order of time."""

    list_name = "statement"

    to = queries.TimeField(required=False, help_text="Exclusive; without it, now.")
    axis = queries.one_of(*Axis.values, default=Axis.EFFECTIVE.value, help_text=AXIS)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """The parameters; `from` is a word of Python and cannot be declared above."""
        begins = queries.TimeField(help_text="Inclusive; at most 366 days before `to`.")
        return {**super().get_fields(), "from": begins}


class StatementLine(serializers.Serializer[Any]):
    """One entry; one of the two amounts is null."""

    transaction = id_member("txn")
    transfer = id_member("trf", allow_null=True)
    kind = serializers.ChoiceField(choices=TransactionKind.choices)
    description = serializers.CharField()
    effective_at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()
    debit_minor = minor(allow_null=True)
    credit_minor = minor(allow_null=True)
    running_minor = minor(help_text="The balance after this line, in this order.")
    running_display = serializers.CharField()


class Statement(serializers.Serializer[Any]):
    """Oldest line first. Balances are positive on the account's normal side."""

    account = id_member("acc")
    currency = serializers.CharField()
    axis = serializers.ChoiceField(choices=Axis.choices)
    to = serializers.DateTimeField(help_text="Exclusive.")
    opening_minor = minor()
    opening_display = serializers.CharField()
    closing_minor = minor()
    closing_display = serializers.CharField()
    lines = StatementLine(many=True)
    next = serializers.URLField(allow_null=True, help_text="The later lines.")
    has_more = serializers.BooleanField(help_text="Later lines remain.")

    def get_fields(self) -> dict[str, Any]:
        """The members; `from` is a word of Python and cannot be declared above."""
        begins = serializers.DateTimeField(help_text="Inclusive.")
        return {**super().get_fields(), "from": begins}


class AccountStatements(Endpoint):
    """One account over a stretch of time."""

    rate_of_reads = RouteClass.EXPORTS

    @operation(
        "read_ledger_account_statement",
        tag=TAG,
        summary="Read an account's statement: opening balance, lines, closing balance",
        response=Statement,
        query=StatementQuery,
        path={"account_id": "acc"},
        refusals=(RangeUnusable,),
    )
    def get(self, request: Request, account_id: str) -> HttpResponse:
        """One page of it."""
        actor, query = actor_of(request), queries.query_of(request, StatementQuery)
        require(actor, READ)
        # Fixed at the first page, so that all pages are of one stretch.
        until = query.get("to") or clock.now()
        with reading(actor):
            found = books.statement_of(
                path_id("acc", account_id),
                since=query["from"],
                until=until,
                axis=Axis(query["axis"]),
                limit=query["limit"],
                after=_position(query.get("cursor")),
            )
        return Answer.of(_rendered(request, found)).response()


def _rendered(request: Request, statement: books.Statement) -> dict[str, Any]:
    currency = statement.account.currency_id
    return {
        "account": ids.encode("acc", statement.account.id),
        "currency": currency,
        "axis": statement.axis,
        "from": instant(statement.since),
        "to": instant(statement.until),
        "opening_minor": statement.opening_minor,
        "opening_display": shown(statement.opening_minor, currency),
        "closing_minor": statement.closing_minor,
        "closing_display": shown(statement.closing_minor, currency),
        "lines": [_line(line, currency) for line in statement.lines],
        "next": _next(request, statement),
        "has_more": statement.has_more,
    }


def _line(line: books.StatementLine, currency: str) -> dict[str, Any]:
    return {
        "transaction": ids.encode("txn", line.transaction_id),
        "transfer": typed_id("trf", line.transfer_id),
        "kind": line.kind,
        "description": line.description,
        "effective_at": instant(line.effective_at),
        "recorded_at": instant(line.recorded_at),
        "debit_minor": line.debit_minor or None,
        "credit_minor": line.credit_minor or None,
        "running_minor": line.running_minor,
        "running_display": shown(line.running_minor, currency),
    }


def _next(request: Request, statement: books.Statement) -> str | None:
    """The same stretch after the last line of this page."""
    if not statement.has_more:
        return None
    last = statement.lines[-1].position(statement.axis)
    number = ((last.at - EARLIEST) // _MICROSECOND << _LOW_BITS) + last.version
    address = absolute(request.get_full_path())
    address = replace_query_param(address, "to", instant(statement.until))
    return replace_query_param(address, "cursor", ids.encode(_SIDE, uuid.UUID(int=number)))


def _position(cursor: str | None) -> books.Position | None:
    """Every cursor of this list is some place in it; one beyond all lines shows none."""
    if cursor is None:
        return None
    number = ids.decode(cursor.rpartition("_")[0], cursor).int
    since = min(number >> _LOW_BITS, (LATEST - EARLIEST) // _MICROSECOND)
    version = min(number & (1 << _LOW_BITS) - 1, _MAX_VERSION)
    return books.Position(EARLIEST + since * _MICROSECOND, version)
