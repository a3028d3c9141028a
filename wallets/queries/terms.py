"""Reading what wallets cost and how much they may spend."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections.abc import Collection, Iterable, Mapping
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from kyc.choices import Tier
from kyc.queries import tiers_of
from wallets.models import (
    DualControlThreshold,
    FeeSchedule,
    LimitRule,
    SpendingUsage,
    Wallet,
    WalletPolicy,
)
from wallets.policy import smaller


def fee_schedules(organization_id: uuid.UUID | None = None) -> QuerySet[FeeSchedule]:
    """What payments cost, by organization, kind and currency."""
    found = FeeSchedule.objects.select_related("currency").order_by(
        "organization_id", "kind", "currency_id"
    )
    return found.filter(organization_id=organization_id) if organization_id else found


def wallet_policy_of(organization_id: uuid.UUID) -> WalletPolicy | None:
    """How many wallets holders may have, and who opens them; None: the usual."""
    return WalletPolicy.objects.filter(organization_id=organization_id).first()


def dual_control_thresholds(organization_id: uuid.UUID) -> QuerySet[DualControlThreshold]:
    """From which amounts on payments of the organization take a second person, by currency."""
    standing = DualControlThreshold.objects.filter(threshold_minor__isnull=False)
    found = standing.filter(organization_id=organization_id)
    return found.select_related("currency").order_by("currency_id")


def limit_rules(organization_id: uuid.UUID | None = None) -> QuerySet[LimitRule]:
    """The limits that hold for an organization's people: its own rules and the general ones.

    Those for everybody, and those for one tier.
    """
    standing = LimitRule.objects.filter(withdrawn_at__isnull=True)
    found = standing.select_related("currency").order_by("wallet_kind", "currency_id", "tier")
    own = Q(organization_id=organization_id) | Q(organization_id__isnull=True)
    return found.filter(own) if organization_id else found


@dataclasses.dataclass(frozen=True, slots=True)
class WalletLimits:
    """What a wallet may spend and has spent, in minor units; None: no limit.

    :param day: the running day in the organization's time zone; `month` is its month's first day.
    """

    day: dt.date
    day_limit_minor: int | None
    day_used_minor: int
    month: dt.date
    month_limit_minor: int | None
    month_used_minor: int

    def used(
        self, *, day: dt.date, day_minor: int, month: dt.date, month_minor: int
    ) -> WalletLimits:
        """The same limits with this counted; windows that are over count for nothing."""
        return dataclasses.replace(
            self,
            day_used_minor=day_minor if day >= self.day else 0,
            month_used_minor=month_minor if month >= self.month else 0,
        )


def limits_of(wallet: Wallet, *, now: dt.datetime) -> WalletLimits | None:
    """The limits of one wallet and what is used of them; None for an organization's own."""
    return limits_by_wallet([wallet], now=now).get(wallet.id)


def limits_by_wallet(
    wallets: Collection[Wallet], *, now: dt.datetime
) -> Mapping[uuid.UUID, WalletLimits]:
    """The same of many wallets, in two statements, and a third where tiers have rules.

    Organizations' own wallets are missing.
    """
    owned = {wallet.id: wallet.owner_id for wallet in wallets if wallet.owner_id is not None}
    if not owned:
        return {}
    currencies = {wallet.currency_id for wallet in wallets}
    rules = {
        (rule.organization_id, rule.wallet_kind, rule.currency_id, rule.tier): rule
        for rule in limit_rules().filter(currency_id__in=currencies)
    }
    tiered = any(rule.tier is not None for rule in rules.values())
    tiers = tiers_of(set(owned.values())) if tiered else {}
    usages = SpendingUsage.objects.in_bulk(list(owned))
    found = {}
    for wallet in (one for one in wallets if one.id in owned):
        tier = tiers.get(owned[wallet.id], Tier.UNVERIFIED)
        holding = [_rule_of(rules, wallet, None), _rule_of(rules, wallet, tier)]
        found[wallet.id] = _limits(wallet, holding, usages.get(wallet.id), now=now)
    return found


def _rule_of(
    rules: Mapping[tuple[uuid.UUID | None, str, str, int | None], LimitRule],
    wallet: Wallet,
    tier: int | None,
) -> LimitRule | None:
    """The organization's own rule for a tier, or for people of every tier, or else the general."""
    what = (wallet.kind, wallet.currency_id, tier)
    return rules.get((wallet.organization_id, *what)) or rules.get((None, *what))


def _limits(
    wallet: Wallet,
    rules: Iterable[LimitRule | None],
    usage: SpendingUsage | None,
    *,
    now: dt.datetime,
) -> WalletLimits:
    """Of all rules together: of each window the smallest limit."""
    day = now.astimezone(ZoneInfo(wallet.organization.timezone)).date()
    day_minor, month_minor = None, None
    for rule in rules:
        if rule is not None:
            day_minor = smaller(day_minor, rule.day_minor)
            month_minor = smaller(month_minor, rule.month_minor)
    unused = WalletLimits(day, day_minor, 0, day.replace(day=1), month_minor, 0)
    if usage is None:
        return unused
    return unused.used(
        day=usage.day,
        day_minor=usage.day_minor,
        month=usage.month,
        month_minor=usage.month_minor,
    )
