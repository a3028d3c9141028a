"""What terms stand, as pending acts remember it: who agrees, agrees to a change from just that."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import connection

from accounts.services.pending_acts.registry import Facts
from kernel.transactions import needs_transaction
from wallets.models import FeeSchedule, LimitRule

FEE_AMOUNTS = ("fixed_minor", "bps", "floor_minor", "ceiling_minor")
LIMIT_AMOUNTS = ("day_minor", "month_minor")

Amounts = dict[str, int | None]


@needs_transaction
def take_turns_on_fee(facts: Facts) -> None:
    """Until the commit; by name, since where nothing is charged there is no row to lock."""
    _take_turns("fee", facts["organization_id"], facts["kind"], facts["currency"])


@needs_transaction
def take_turns_on_limit(facts: Facts) -> None:
    """As of fees: where the general rule holds there is no row."""
    named = facts["organization_id"] or "everybody"
    _take_turns("limit", named, facts["wallet_kind"], facts["currency"], facts["tier"])


def _take_turns(*names: object) -> None:
    with connection.cursor() as cursor:
        name = ":".join(map(str, names))
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


@needs_transaction
def standing_fee(facts: Facts) -> Amounts | None:
    """The fee in force where `facts` would set another; None: nothing is charged. Takes turns."""
    take_turns_on_fee(facts)
    rows = FeeSchedule.objects.filter(
        organization_id=uuid.UUID(facts["organization_id"]),
        kind=facts["kind"],
        currency_id=facts["currency"],
    )
    row = rows.first()
    return {name: getattr(row, name) for name in FEE_AMOUNTS} if row else None


@needs_transaction
def standing_limit(facts: Facts) -> Amounts | None:
    """The rule in force where `facts` would set another; None: the general one. Takes turns."""
    take_turns_on_limit(facts)
    named = facts["organization_id"]
    scope: dict[str, Any] = {"organization_id": uuid.UUID(named) if named else None}
    rows = LimitRule.objects.filter(
        **scope,
        wallet_kind=facts["wallet_kind"],
        currency_id=facts["currency"],
        tier=facts["tier"],
        withdrawn_at__isnull=True,
    )
    row = rows.first()
    return limit_amounts(row) if row else None


def limit_amounts(rule: LimitRule) -> Amounts:
    """What a rule says, in minor units; None: no limit."""
    return {"day_minor": rule.day_minor, "month_minor": rule.month_minor}
