"""Rows of fees and limits, as answers."""

from __future__ import annotations

from typing import Any

from api.v1.rendering import instant, shown, typed_id
from kernel import ids
from wallets.models import FeeSchedule, LimitRule


def rendered_fee_schedule(schedule: FeeSchedule) -> dict[str, Any]:
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


def _in_words(schedule: FeeSchedule) -> str:
    currency, words = schedule.currency_id, []
    if schedule.fixed_minor or not schedule.bps:
        words.append(shown(schedule.fixed_minor, currency))
    if schedule.bps:
        words.append(f"{schedule.bps / 100:.2f} %")
    bounds = f", at least {shown(schedule.floor_minor, currency)}" if schedule.floor_minor else ""
    if schedule.ceiling_minor is not None:
        bounds += f", at most {shown(schedule.ceiling_minor, currency)}"
    return " + ".join(words) + bounds


def rendered_limit_rule(rule: LimitRule) -> dict[str, Any]:
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
