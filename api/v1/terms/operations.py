"""Reading and setting terms."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from accounts.models import PendingAct
from accounts.policy import require
from api import queries
from api.answers import Answer
from api.endpoint import Endpoint, actor_of, body_of, path_id
from api.errors import FieldError, UnacceptableValue
from api.pagination import page_of
from api.schema.operations import operation
from api.v1.pending_acts import Waiting, waiting_answer
from api.v1.terms.rendering import rendered_fee_schedule, rendered_limit_rule
from api.v1.terms.shapes import (
    FeeSchedule,
    FeeScheduleOrder,
    FeeSchedulePage,
    FeeScheduleQuery,
    LimitRule,
    LimitRuleOrder,
    LimitRulePage,
    LimitRuleQuery,
)
from kernel import clock
from kernel.actor import Actor
from kernel.context import reading
from kernel.errors import NotFound
from ledger import errors as ledger_errors
from wallets import errors as wallet_errors
from wallets.choices import TransferKind, WalletKind
from wallets.queries import fee_schedules, limit_rules
from wallets.services.terms import set_fee_schedule, set_limit_rule, withdraw_limit_rule

TAG = "Terms"


class FeeSchedules(Endpoint):
    """What movements cost."""

    @operation(
        "list_fee_schedules",
        tag=TAG,
        summary="List what movements cost",
        description="A movement without a schedule costs nothing, and an organization pays itself"
        " nothing.",
        response=FeeSchedulePage,
        query=FeeScheduleQuery,
        refusals=(NotFound,),
    )
    def get(self, request: Request) -> HttpResponse:
        """One page of schedules."""
        actor, query = actor_of(request), queries.query_of(request, FeeScheduleQuery)
        require(actor, "wallets.read_terms")
        rows = _in_currency(fee_schedules(_asked_about(actor, query)), query)
        with reading(actor):
            page = page_of(
                request,
                rows,
                query=query,
                render=lambda found: [rendered_fee_schedule(row) for row in found],
            )
        return Answer.of(page).response()

    @operation(
        "set_fee_schedule",
        tag=TAG,
        summary="Set what one kind of movement costs in one currency",
        description="It replaces what was set before and holds from now on.",
        request=FeeScheduleOrder,
        response=FeeSchedule,
        waits=Waiting,
        refusals=(NotFound, wallet_errors.TermsInvalid, ledger_errors.CurrencyUnknown),
    )
    def put(self, request: Request) -> HttpResponse:
        """Set."""
        actor, order = actor_of(request), body_of(request, FeeScheduleOrder)
        named = order.pop("organization", None)
        home = path_id("org", named) if named else actor.organization_id
        if home is None:
            missing = FieldError(detail="Say whose.", code="required", pointer="/organization")
            raise UnacceptableValue(errors=[missing])
        order["kind"] = TransferKind(order["kind"])
        now = clock.now()
        row = set_fee_schedule(actor=actor, organization_id=home, now=now, **order)
        if isinstance(row, PendingAct):
            return waiting_answer(row, now=now).response()
        return Answer.of(rendered_fee_schedule(row)).response()


class LimitRules(Endpoint):
    """How much may be spent."""

    @operation(
        "list_limit_rules",
        tag=TAG,
        summary="List how much people's wallets may spend",
        description="The general rules and the organization's own, which come first where there"
        " are both.",
        response=LimitRulePage,
        query=LimitRuleQuery,
        refusals=(NotFound,),
    )
    def get(self, request: Request) -> HttpResponse:
        """One page of rules."""
        actor, query = actor_of(request), queries.query_of(request, LimitRuleQuery)
        require(actor, "wallets.read_terms")
        rows = _in_currency(limit_rules(_asked_about(actor, query)), query)
        with reading(actor):
            page = page_of(
                request,
                rows,
                query=query,
                render=lambda found: [rendered_limit_rule(row) for row in found],
            )
        return Answer.of(page).response()

    @operation(
        "set_limit_rule",
        tag=TAG,
        summary="Set how much an organization's people may spend (platform staff)",
        description="It stands in for the general rule. What was spent today and this month"
        " already counts.",
        request=LimitRuleOrder,
        response=LimitRule,
        waits=Waiting,
        refusals=(NotFound, wallet_errors.TermsInvalid, ledger_errors.CurrencyUnknown),
    )
    def put(self, request: Request) -> HttpResponse:
        """Set."""
        order, now = body_of(request, LimitRuleOrder), clock.now()
        named = order["organization"]
        row = set_limit_rule(
            actor=actor_of(request),
            organization_id=path_id("org", named) if named else None,
            wallet_kind=WalletKind(order["wallet_kind"]),
            currency=order["currency"],
            tier=order["tier"],
            day_minor=order["day_minor"],
            month_minor=order["month_minor"],
            now=now,
        )
        if isinstance(row, PendingAct):
            return waiting_answer(row, now=now).response()
        return Answer.of(rendered_limit_rule(row)).response()


class OneLimitRule(Endpoint):
    """One rule."""

    @operation(
        "withdraw_limit_rule",
        tag=TAG,
        summary="Return an organization to the general rule (platform staff)",
        status=204,
        waits=Waiting,
        path={"limit_rule_id": "lim"},
        refusals=(wallet_errors.TermsInvalid,),
    )
    def delete(self, request: Request, limit_rule_id: str) -> HttpResponse:
        """Withdraw."""
        now = clock.now()
        done = withdraw_limit_rule(
            actor=actor_of(request), limit_rule_id=path_id("lim", limit_rule_id), now=now
        )
        if isinstance(done, PendingAct):
            return waiting_answer(done, now=now).response()
        return HttpResponse(status=204)


def _asked_about(actor: Actor, query: dict[str, Any]) -> uuid.UUID | None:
    """Whose terms: another organization's do not exist for a tenant."""
    named = query.get("organization")
    wanted = path_id("org", named) if named else actor.organization_id
    if not actor.is_platform and wanted != actor.organization_id:
        raise NotFound("There is no such organization.")
    return wanted


def _in_currency(rows: Any, query: dict[str, Any]) -> Any:
    return rows.filter(currency_id=query["currency"]) if "currency" in query else rows
