"""Fees and limits as they are sent and answered."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api import fields, queries
from api.schema.shapes import page_shape
from api.v1.shapes import id_member, minor
from kyc.choices import Tier
from wallets.choices import TransferKind, WalletKind
from wallets.models.terms import CHARGEABLE

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
