"""The kinds of act of this room that may wait for a second person."""

from __future__ import annotations

import uuid

from accounts.services.pending_acts import Agreed, PendingKind, Result, register
from accounts.services.pending_acts.registry import Facts
from kernel.transactions import needs_transaction
from wallets.choices import TransferKind, WalletKind
from wallets.services import thresholds
from wallets.services.payouts import mending
from wallets.services.standing_terms import limit_amounts, standing_fee, standing_limit
from wallets.services.terms import (
    FEE,
    LIMIT,
    LIMIT_WITHDRAWAL,
    SET_FEES,
    SET_LIMITS,
    own_rule,
    write_fee_schedule,
    write_limit_rule,
    write_limit_withdrawal,
)
from wallets.services.transfers import checked


@needs_transaction
def _fee(agreed: Agreed) -> Result:
    agreed.require_before(standing_fee(agreed.facts))
    row = write_fee_schedule(actor=agreed.maker, facts=agreed.facts, now=agreed.now)
    return Result("fee_schedule", row.id)


@needs_transaction
def _limit(agreed: Agreed) -> Result:
    agreed.require_before(standing_limit(agreed.facts))
    row = write_limit_rule(actor=agreed.maker, facts=agreed.facts, now=agreed.now)
    return Result("limit_rule", row.id)


@needs_transaction
def _general_limit(agreed: Agreed) -> Result:
    rule_id = uuid.UUID(agreed.facts["limit_rule_id"])
    agreed.require_before(limit_amounts(own_rule(rule_id)))
    row = write_limit_withdrawal(actor=agreed.maker, limit_rule_id=rule_id, now=agreed.now)
    return Result("limit_rule", row.id)


def _fee_words(facts: Facts) -> str:
    return f"Fee of {TransferKind(facts['kind']).label.lower()}s in {facts['currency']}"


def _limit_words(facts: Facts) -> str:
    kind = WalletKind(facts["wallet_kind"]).label.lower()
    return f"Limits of {kind} wallets in {facts['currency']}"


def _general_words(facts: Facts) -> str:
    return f"{_limit_words(facts)}: back to the general rule"


def register_kinds() -> None:
    """Make them known; called when the program starts."""
    register(checked.KIND)
    register(checked.CASH_BY_STAFF)
    register(checked.REVERSAL_BY_STAFF)
    register(thresholds.KIND)
    register(mending.KIND)
    for kind in _TERMS:
        register(kind)


_TERMS = (
    PendingKind(
        name=FEE,
        title="Fee",
        permission_to_make=SET_FEES,
        permission_to_check=SET_FEES,
        summarize=_fee_words,
        execute=_fee,
    ),
    PendingKind(
        name=LIMIT,
        title="Limit",
        permission_to_make=SET_LIMITS,
        permission_to_check=SET_LIMITS,
        summarize=_limit_words,
        execute=_limit,
    ),
    PendingKind(
        name=LIMIT_WITHDRAWAL,
        title="General limit",
        permission_to_make=SET_LIMITS,
        permission_to_check=SET_LIMITS,
        summarize=_general_words,
        execute=_general_limit,
    ),
)
