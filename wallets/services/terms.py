"""Setting what payments cost and how much wallets may spend."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from accounts.models import PendingAct
from accounts.policy import require
from accounts.queries import display_names
from accounts.services.networks import from_known_network
from accounts.services.pending_acts import Subject, make_pending, under_dual_control
from accounts.services.pending_acts.registry import Facts
from audit.services import record
from events.services import emit
from kernel.actor import Actor
from kernel.errors import NotFound
from kernel.money import MAX_MINOR
from kernel.transactions import needs_transaction, opens_transaction
from kyc.choices import Tier
from ledger.services.accounts import ensure_fee_account
from ledger.services.opening import require_currency
from wallets.choices import TransferKind, WalletKind
from wallets.errors import TermsInvalid
from wallets.models import FeeSchedule, LimitRule
from wallets.models.terms import CHARGEABLE
from wallets.services.standing_terms import (
    FEE_AMOUNTS,
    limit_amounts,
    standing_fee,
    standing_limit,
    take_turns_on_fee,
    take_turns_on_limit,
)

SET_FEES, SET_LIMITS = "wallets.set_fees", "wallets.set_limits"
FEE, LIMIT = "wallets.fee_schedule", "wallets.limit_rule"
LIMIT_WITHDRAWAL = "wallets.limit_withdrawal"

_MOST_BPS = 10_000


@from_known_network(SET_FEES)
@opens_transaction
def set_fee_schedule(
    *,
    actor: Actor,
    organization_id: uuid.UUID,
    kind: TransferKind,
    currency: str,
    fixed_minor: int,
    bps: int,
    floor_minor: int,
    ceiling_minor: int | None,
    now: dt.datetime,
) -> FeeSchedule | PendingAct:
    """State what people's wallets of an organization pay for one kind of movement.

    The fee is `fixed_minor` plus `bps` hundredths of a percent of the amount, rounded half up, at
    least `floor_minor` and at most `ceiling_minor`, and goes to the organization's fee income. It
    holds from the commit on. Records `wallets.fee_schedule.set`, emits the event of that name; or,
    where a policy wants a second person, leaves a pending act.

    :raises PermissionDenied: unless the actor carries `wallets.set_fees`.
    :raises NotFound: if there is no such organization in view.
    :raises TermsInvalid: for terms out of bounds, or a kind that is not charged for.
    :raises CurrencyUnknown: if the currency is not supported.
    :raises NetworkNotTrusted: if the actor is on a network that is new to them.
    """
    require(actor, SET_FEES)
    _require_organization(actor, organization_id)
    _require_amounts(fixed_minor, floor_minor, ceiling_minor)
    if kind not in CHARGEABLE:
        raise TermsInvalid("This kind of movement is not charged for.", pointer="/kind")
    if not 0 <= bps <= _MOST_BPS:
        raise TermsInvalid(f"At most {_MOST_BPS} basis points.", pointer="/bps")
    if ceiling_minor is not None and ceiling_minor < floor_minor:
        raise TermsInvalid("The ceiling is below the floor.", pointer="/ceiling_minor")
    require_currency(currency)
    amounts: dict[str, object] = {
        "fixed_minor": fixed_minor,
        "bps": bps,
        "floor_minor": floor_minor,
        "ceiling_minor": ceiling_minor,
    }
    wanted = {"organization_id": str(organization_id), "kind": str(kind), "currency": currency}
    if _takes_two(actor, organization_id):
        return _wait(actor, FEE, wanted | amounts | {"before": standing_fee(wanted)}, now)
    return write_fee_schedule(actor=actor, facts=wanted | amounts, now=now)


@needs_transaction
def write_fee_schedule(*, actor: Actor, facts: Facts, now: dt.datetime) -> FeeSchedule:
    """Set what was judged before; see `set_fee_schedule`."""
    take_turns_on_fee(facts)
    organization_id = uuid.UUID(facts["organization_id"])
    kind, currency = facts["kind"], facts["currency"]
    amounts = {name: facts[name] for name in FEE_AMOUNTS}
    account_id = ensure_fee_account(organization_id=organization_id, currency=currency, now=now)
    schedule, _ = FeeSchedule.objects.update_or_create(
        organization_id=organization_id,
        kind=kind,
        currency_id=currency,
        defaults={**amounts, "set_at": now},
        create_defaults={**amounts, "account_id": account_id, "set_at": now},
    )
    told = {"kind": kind, "currency": currency, **amounts}
    _tell(actor, "fee_schedule", schedule.id, organization_id, told, now)
    return schedule


@from_known_network(SET_LIMITS)
@opens_transaction
def set_limit_rule(
    *,
    actor: Actor,
    organization_id: uuid.UUID | None,
    wallet_kind: WalletKind,
    currency: str,
    tier: int | None = None,
    day_minor: int | None,
    month_minor: int | None,
    now: dt.datetime,
) -> LimitRule | PendingAct:
    """State how much an organization's people may spend from wallets of one kind and currency.

    It replaces the platform's general rule for this organization. Windows are days and months of
    the organization's time zone; None is no limit. What was spent already counts. Records
    `wallets.limit_rule.set` and emits the event of that name; or, where staff's acts take a second
    person, leaves a pending act.

    :param organization_id: None, with a tier, for every organization without a rule of its own.
    :param tier: for people of this tier (`kyc.choices.Tier`) only, beside the rule for everybody:
        the smaller limit counts. None for people of every tier.
    :raises PermissionDenied: unless the actor carries `wallets.set_limits`.
    :raises NotFound: if there is no such organization.
    :raises TermsInvalid: for limits out of bounds, a month below one of its days, an unknown tier,
        or neither organization nor tier.
    :raises CurrencyUnknown: if the currency is not supported.
    :raises NetworkNotTrusted: if the actor is on a network that is new to them.
    """
    require(actor, SET_LIMITS)
    _require_scope(actor, organization_id, tier)
    _require_amounts(day_minor, month_minor)
    if day_minor is not None and month_minor is not None and month_minor < day_minor:
        raise TermsInvalid("The month's limit is below the day's.", pointer="/month_minor")
    require_currency(currency)
    wanted: dict[str, object] = {
        "organization_id": str(organization_id) if organization_id else None,
        "wallet_kind": str(wallet_kind),
        "currency": currency,
        "tier": tier,
        "day_minor": day_minor,
        "month_minor": month_minor,
    }
    if _takes_two(actor, organization_id):
        return _wait(actor, LIMIT, wanted | {"before": standing_limit(wanted)}, now)
    return write_limit_rule(actor=actor, facts=wanted, now=now)


@needs_transaction
def write_limit_rule(*, actor: Actor, facts: Facts, now: dt.datetime) -> LimitRule:
    """Set what was judged before; see `set_limit_rule`."""
    take_turns_on_limit(facts)
    named = facts["organization_id"]
    organization_id = uuid.UUID(named) if named else None
    wallet_kind, currency, tier = facts["wallet_kind"], facts["currency"], facts["tier"]
    amounts = {"day_minor": facts["day_minor"], "month_minor": facts["month_minor"]}
    scope: dict[str, Any] = {"organization_id": organization_id, "tier": tier}
    rule, _ = LimitRule.objects.update_or_create(
        wallet_kind=wallet_kind,
        currency_id=currency,
        **scope,
        defaults={**amounts, "set_at": now, "withdrawn_at": None},
    )
    told = {"wallet_kind": wallet_kind, "currency": currency, "tier": tier, **amounts}
    _tell(actor, "limit_rule", rule.id, organization_id, told, now)
    return rule


@from_known_network(SET_LIMITS)
@opens_transaction
def withdraw_limit_rule(
    *, actor: Actor, limit_rule_id: uuid.UUID, now: dt.datetime
) -> LimitRule | PendingAct:
    """Let the platform's general rule hold again in place of an organization's own.

    A general rule for a tier can be withdrawn as well; one for everybody stays. Records
    `wallets.limit_rule.withdraw` and emits `wallets.limit_rule.withdrawn`; or, where staff's acts
    take a second person, leaves a pending act.

    :raises PermissionDenied: unless the actor carries `wallets.set_limits`.
    :raises NotFound: if there is no such rule, or it was withdrawn.
    :raises TermsInvalid: if it is a general rule for everybody.
    :raises NetworkNotTrusted: if the actor is on a network that is new to them.
    """
    require(actor, SET_LIMITS)
    rule = own_rule(limit_rule_id)
    if _takes_two(actor, rule.organization_id):
        wanted: dict[str, object] = {
            "limit_rule_id": str(rule.id),
            "wallet_kind": rule.wallet_kind,
            "currency": rule.currency_id,
            "before": limit_amounts(rule),
        }
        return _wait(actor, LIMIT_WITHDRAWAL, wanted, now)
    return write_limit_withdrawal(actor=actor, limit_rule_id=limit_rule_id, now=now)


@needs_transaction
def own_rule(limit_rule_id: uuid.UUID) -> LimitRule:
    """The rule that can be withdrawn; raises what `withdraw_limit_rule` does."""
    rule = LimitRule.objects.filter(id=limit_rule_id, withdrawn_at__isnull=True).first()
    if rule is None:
        raise NotFound("There is no such limit rule.")
    if rule.organization_id is None and rule.tier is None:
        raise TermsInvalid("A general rule holds wherever there is no other; it stays.")
    return rule


@needs_transaction
def write_limit_withdrawal(
    *, actor: Actor, limit_rule_id: uuid.UUID, now: dt.datetime
) -> LimitRule:
    """Withdraw it in a transaction that is open; see `withdraw_limit_rule`."""
    rule = own_rule(limit_rule_id)
    rule.withdrawn_at = now
    rule.save(update_fields=["withdrawn_at"])
    facts: dict[str, object] = {
        "wallet_kind": rule.wallet_kind,
        "currency": rule.currency_id,
        "tier": rule.tier,
        "day_minor": rule.day_minor,
        "month_minor": rule.month_minor,
    }
    words = ("withdraw", "withdrawn")
    _tell(actor, "limit_rule", rule.id, rule.organization_id, facts, now, words=words)
    return rule


def _require_scope(actor: Actor, organization_id: uuid.UUID | None, tier: int | None) -> None:
    if tier is not None and tier not in Tier.values:
        raise TermsInvalid("There is no such tier.", pointer="/tier")
    if organization_id is not None:
        _require_organization(actor, organization_id)
    elif tier is None:
        raise TermsInvalid("Name an organization or a tier.", pointer="/organization")


@needs_transaction
def _takes_two(actor: Actor, home: uuid.UUID | None) -> bool:
    return under_dual_control(actor=actor, subject=Subject.TERMS, organization_id=home)


@needs_transaction
def _wait(actor: Actor, kind: str, facts: dict[str, object], now: dt.datetime) -> PendingAct:
    return make_pending(
        actor=actor, kind=kind, organization_id=actor.organization_id, facts=facts, now=now
    )


def _require_organization(actor: Actor, organization_id: uuid.UUID) -> None:
    at_home = actor.is_platform or actor.organization_id == organization_id
    if not at_home or organization_id not in display_names([organization_id]):
        raise NotFound("There is no such organization.", pointer="/organization")


def _require_amounts(*amounts: int | None) -> None:
    if any(amount is not None and not 0 <= amount <= MAX_MINOR for amount in amounts):
        raise TermsInvalid("Amounts are from 0 to 2^53 - 1 minor units.")


def _tell(
    actor: Actor,
    what: str,
    subject_id: uuid.UUID,
    organization_id: uuid.UUID | None,
    facts: dict[str, object],
    now: dt.datetime,
    words: tuple[str, str] = ("set", "set"),
) -> None:
    verb, happened = words
    record(
        actor=actor,
        action=f"wallets.{what}.{verb}",
        subject_type=what,
        subject_id=subject_id,
        organization_id=organization_id,
        metadata=facts,
        now=now,
    )
    emit(
        name=f"wallets.{what}.{happened}",
        organization_id=organization_id,
        subject_id=subject_id,
        payload=facts,
        actor=actor,
        now=now,
    )
