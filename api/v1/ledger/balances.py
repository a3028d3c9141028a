"""Balances of one account and of all, now or at an instant, on either axis."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from accounts.policy import require
from api import fields, queries
from api.answers import Answer
from api.endpoint import Endpoint, actor_of, path_id
from api.pagination import page_of, pin_of, pinned_to
from api.schema.operations import operation
from api.v1.ledger.homes import organization
from api.v1.ledger.rendering import moment, rendered_balance_rows, rendered_balance_total
from api.v1.ledger.shapes import READ, TAG, TrialBalancePage
from api.v1.rendering import instant, shown
from api.v1.shapes import id_member, minor
from kernel import ids
from kernel.context import reading
from kernel.rates.table import RouteClass
from ledger import queries as books
from ledger.choices import Axis

AS_OF = "Inclusive; a time with an offset. Without it, now. A time to come shows what is known now."
AXIS = (
    "`recorded`: what the books showed then. `effective`: what counts by then, with what was"
    " recorded later and dated back."
)


class AsOfQuery(queries.Query):
    """When."""

    as_of = queries.TimeField(required=False, help_text=AS_OF)
    axis = queries.one_of(*Axis.values, default=Axis.RECORDED.value, help_text=AXIS)


class TrialBalanceQuery(AsOfQuery, queries.PageQuery):
    """Which books, and when."""

    list_name = "trial_balance"
    pinned = True

    currency = fields.currency(required=False)
    organization = organization(help_text="For platform staff, who otherwise see all.")


class AccountBalance(serializers.Serializer[Any]):
    """What an account showed at an instant."""

    account = id_member("acc")
    as_of = serializers.DateTimeField(allow_null=True, help_text="Null for now.")
    axis = serializers.ChoiceField(choices=Axis.choices)
    posted_minor = minor(help_text="Positive on the account's normal side.")
    currency = serializers.CharField()
    display = serializers.CharField()


class AccountBalances(Endpoint):
    """One account at an instant."""

    @operation(
        "read_ledger_account_balance",
        tag=TAG,
        summary="Read an account's balance now or at an instant",
        response=AccountBalance,
        query=AsOfQuery,
        path={"account_id": "acc"},
    )
    def get(self, request: Request, account_id: str) -> HttpResponse:
        """The balance."""
        actor, query = actor_of(request), queries.query_of(request, AsOfQuery)
        require(actor, READ)
        with reading(actor):
            found = books.balance_of(
                path_id("acc", account_id), as_of=query.get("as_of"), axis=Axis(query["axis"])
            )
        return Answer.of(_rendered(found)).response()


class TrialBalances(Endpoint):
    """Do the books balance?"""

    rate_of_reads = RouteClass.EXPORTS

    @operation(
        "read_trial_balance",
        tag=TAG,
        summary="Read the trial balance, per organization and currency, now or at an instant",
        response=TrialBalancePage,
        query=TrialBalanceQuery,
    )
    def get(self, request: Request) -> HttpResponse:
        """One page of accounts; with the first one, the sums of all."""
        actor, query = actor_of(request), queries.query_of(request, TrialBalanceQuery)
        require(actor, READ)
        pin = pin_of(query)
        with reading(actor):
            known_at = pin or books.stable_until()
            accounts = books.trial_balance(**_wanted(query), known_at=known_at)
            page = page_of(
                request, accounts, query=pinned_to(query, known_at), render=rendered_balance_rows
            )
            totals = () if pin else books.trial_balance_totals(accounts)
        found = {
            **page,
            "as_of": moment(query.get("as_of")),
            "axis": query["axis"],
            "known_at": instant(known_at),
            "totals": None if pin else [rendered_balance_total(total) for total in totals],
        }
        return Answer.of(found).response()


def _wanted(query: dict[str, Any]) -> dict[str, Any]:
    organization_id = query.get("organization")
    return {
        "organization_id": path_id("org", organization_id) if organization_id else None,
        "currency": query.get("currency"),
        "as_of": query.get("as_of"),
        "axis": Axis(query["axis"]),
    }


def _rendered(balance: books.Balance) -> dict[str, Any]:
    return {
        "account": ids.encode("acc", balance.account_id),
        "as_of": moment(balance.as_of),
        "axis": balance.axis,
        "posted_minor": balance.posted_minor,
        "currency": balance.currency,
        "display": shown(balance.posted_minor, balance.currency),
    }
