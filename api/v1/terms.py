"""Terms: what payments cost, and how much people's wallets may spend."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from accounts.models import PendingAct
from accounts.policy import require
from api import fields, queries
from api.answers import Answer
from api.endpoint import Endpoint, actor_of, body_of, path_id
from api.errors import FieldError, UnacceptableValue
from api.pagination import page_of
from api.schema.operations import operation
from api.schema.shapes import page_shape
from api.v1.pending_acts import Waiting, waiting_answer
from api.v1.rendering import instant, shown, typed_id
from api.v1.shapes import id_member, minor
from kernel import clock, ids
from kernel.actor import Actor
from kernel.context import reading
from kernel.errors import NotFound
from kyc.choices import Tier
from ledger import errors as ledger_errors
from wallets import errors as wallet_errors
from wallets.choices import TransferKind, WalletKind
from wallets.models import FeeSchedule as FeeScheduleRow
from wallets.models import LimitRule as LimitRuleRow
from wallets.models.terms import CHARGEABLE
from wallets.queries import fee_schedules, limit_rules
from wallets.services.terms import set_fee_schedule, set_limit_rule, withdraw_limit_rule

TAG = "Terms"
MAX_BPS = 10_000


@extend_schema_field({"type": "integer", "minimum": 0, "maximum": MAX_BPS})
class BasisPointsField(fields.AmountField):
    """Hundredths of a percent."""

    least, most = 0, MAX_BPS


@extend_schema_field({"type": "integer", "minimum": 0, "maximum": max(Tier)})
class TierField(fields.AmountField):
    """How well a person is known."""

    least, most = 0, max(Tier)


def organization(**kwargs: Any) -> fields.PatternField:
    """An organization's id in a request."""
    return fields.PatternField(
        fields.id_pattern("org"), message="Expected an organization's id.", **kwargs
    )


class FeeScheduleOrder(fields.StrictSerializer):
    """What the people of an organization pay for one kind of movement in one currency."""

    kind = serializers.ChoiceField(choices=[kind.value for kind in CHARGEABLE])
    currency = fields.currency()
    fixed_minor = fields.CapField(default=0, help_text="For each movement.")
    bps = BasisPointsField(
        default=0, help_text="Hundredths of a percent of the amount, rounded half up."
    )
    floor_minor = fields.CapField(default=0, help_text="At least this.")
    ceiling_minor = fields.CapField(
        default=None, allow_null=True, help_text="At most this; null: no ceiling."
    )
    organization = organization(
        required=False, help_text="For platform staff, who have no organization of their own."
    )


class FeeSchedule(serializers.Serializer[Any]):
    """Fixed plus a part of the amount, not below the floor and not above the ceiling."""

    id = id_member("fee")
    organization = id_member("org")
    kind = serializers.ChoiceField(choices=TransferKind.choices)
    currency = serializers.CharField()
    fixed_minor = minor()
    bps = serializers.IntegerField(min_value=0, max_value=MAX_BPS)
    floor_minor = minor()
    ceiling_minor = minor(allow_null=True)
    display = serializers.CharField()
    set_at = serializers.DateTimeField()


class LimitRuleOrder(fields.StrictSerializer):
    """How much the people of an organization may spend from wallets of one kind and currency."""

    organization = organization(
        default=None,
        allow_null=True,
        help_text="Null, with a tier: every organization without a rule of its own for it.",
    )
    wallet_kind = serializers.ChoiceField(choices=WalletKind.choices)
    currency = fields.currency()
    tier = TierField(
        default=None, allow_null=True, help_text="For people of this tier only; null: for all."
    )
    day_minor = fields.CapField(allow_null=True, help_text="Null: no limit; 0: nothing.")
    month_minor = fields.CapField(allow_null=True, help_text="Null: no limit; 0: nothing.")


class LimitRule(serializers.Serializer[Any]):
    """Without an organization it holds wherever there is no rule of the organization's own.

    A rule with a tier holds beside the one without, for people of that tier: the smaller counts.
    """

    id = id_member("lim")
    organization = id_member("org", allow_null=True)
    wallet_kind = serializers.ChoiceField(choices=WalletKind.choices)
    currency = serializers.CharField()
    tier = serializers.IntegerField(min_value=0, max_value=2, allow_null=True)
    day_minor = minor(allow_null=True)
    month_minor = minor(allow_null=True)
    day_display = serializers.CharField(allow_null=True)
    month_display = serializers.CharField(allow_null=True)
    set_at = serializers.DateTimeField()


FeeSchedulePage = page_shape(FeeSchedule, "FeeSchedulePage")
LimitRulePage = page_shape(LimitRule, "LimitRulePage")


class TermsQuery(queries.PageQuery):
    """Whose terms."""

    organization = organization(
        required=False, help_text="One's own by default; for platform staff, everybody's."
    )
    currency = fields.currency(required=False)


class FeeScheduleQuery(TermsQuery):
    """Filters of the list."""

    list_name = "fee_schedules"


class LimitRuleQuery(TermsQuery):
    """Filters of the list."""

    list_name = "limit_rules"


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


def rendered_fee_schedule(schedule: FeeScheduleRow) -> dict[str, Any]:
    """One schedule."""
    return {
        "id": ids.encode("fee", schedule.id),
        "organization": ids.encode("org", schedule.organization_id),
        "kind": schedule.kind,
        "currency": schedule.currency_id,
        "fixed_minor": schedule.fixed_minor,
        "bps": schedule.bps,
        "floor_minor": schedule.floor_minor,
        "ceiling_minor": schedule.ceiling_minor,
        "display": _in_words(schedule),
        "set_at": instant(schedule.set_at),
    }


def _in_words(schedule: FeeScheduleRow) -> str:
    currency, words = schedule.currency_id, []
    if schedule.fixed_minor or not schedule.bps:
        words.append(shown(schedule.fixed_minor, currency))
    if schedule.bps:
        words.append(f"{schedule.bps / 100:.2f} %")
    bounds = f", at least {shown(schedule.floor_minor, currency)}" if schedule.floor_minor else ""
    if schedule.ceiling_minor is not None:
        bounds += f", at most {shown(schedule.ceiling_minor, currency)}"
    return " + ".join(words) + bounds


def rendered_limit_rule(rule: LimitRuleRow) -> dict[str, Any]:
    """One rule."""
    day, month, currency = rule.day_minor, rule.month_minor, rule.currency_id
    return {
        "id": ids.encode("lim", rule.id),
        "organization": typed_id("org", rule.organization_id),
        "wallet_kind": rule.wallet_kind,
        "currency": currency,
        "tier": rule.tier,
        "day_minor": day,
        "month_minor": month,
        "day_display": None if day is None else shown(day, currency),
        "month_display": None if month is None else shown(month, currency),
        "set_at": instant(rule.set_at),
    }
