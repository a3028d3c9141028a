"""What terms stand, as pending acts remember it: who agrees, agrees to a change from just that."""

from __future__ import annotations

import uuid
from typing import Any

from accounts.services.pending_acts.registry import Facts
from kernel.transactions import needs_transaction
from wallets.models import FeeSchedule, LimitRule

FEE_AMOUNTS = ("fixed_minor", "bps", "floor_minor", "ceiling_minor")
LIMIT_AMOUNTS = ("day_minor", "month_minor")

Amounts = dict[str, int | None]


@needs_transaction
def standing_fee(facts: Facts) -> Amounts | None:
    """The fee in force where `facts` would set another; None: nothing is charged. Locks it."""
    rows = FeeSchedule.objects.filter(
        organization_id=uuid.UUID(facts["organization_id"]),
        kind=facts["kind"],
        currency_id=facts["currency"],
    )
    row = rows.select_for_update(no_key=True).first()
    return {name: getattr(row, name) for name in FEE_AMOUNTS} if row else None


@needs_transaction
def standing_limit(facts: Facts) -> Amounts | None:
    """The rule in force where `facts` would set another; None: the general one. Locks it."""
    named = facts["organization_id"]
    scope: dict[str, Any] = {"organization_id": uuid.UUID(named) if named else None}
    rows = LimitRule.objects.filter(
        **scope,
        wallet_kind=facts["wallet_kind"],
        currency_id=facts["currency"],
        tier=facts["tier"],
        withdrawn_at__isnull=True,
    )
    row = rows.select_for_update(no_key=True).first()
    return limit_amounts(row) if row else None


def limit_amounts(rule: LimitRule) -> Amounts:
    """What a rule says, in minor units; None: no limit."""
    return {"day_minor": rule.day_minor, "month_minor": rule.month_minor}
