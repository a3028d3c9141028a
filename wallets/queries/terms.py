"""Reading what wallets cost and how much they may spend."""

from __future__ import annotations

import collections
import dataclasses
import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
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
class LimitWindow:
    """A running day or month, in minor units; a limit of None is none.

    :param wallet_limit_minor: what may be paid from this wallet.
    :param tier_limit_minor: what its holder, known so well, may pay from all their wallets.
    :param wallet_used_minor: what was paid from this wallet.
    :param others_used_minor: what was paid from its holder's others in the currency.
    """

    starts_on: dt.date
    wallet_limit_minor: int | None
    tier_limit_minor: int | None
    wallet_used_minor: int = 0
    others_used_minor: int = 0

    @property
    def tighter(self) -> tuple[int | None, int]:
        """Of both limits the one that leaves less, and what is used of it."""
        all_used_minor = self.wallet_used_minor + self.others_used_minor
        of_wallet, of_tier = self.wallet_limit_minor, self.tier_limit_minor
        if of_tier is None:
            return of_wallet, self.wallet_used_minor
        if of_wallet is None or of_tier - all_used_minor <= of_wallet - self.wallet_used_minor:
            return of_tier, all_used_minor
        return of_wallet, self.wallet_used_minor


@dataclasses.dataclass(frozen=True, slots=True)
class WalletLimits:
    """What may still leave a wallet: its own limits and those of its holder's tier.

    :param of_day: the running day in the organization's time zone; `of_month` is its month.
    """

    of_day: LimitWindow
    of_month: LimitWindow

    def used(
        self, *, day: dt.date, day_minor: int, month: dt.date, month_minor: int
    ) -> WalletLimits:
        """The same limits with this counted; windows that are over count for nothing."""
        in_day = day_minor if day >= self.of_day.starts_on else 0
        in_month = month_minor if month >= self.of_month.starts_on else 0
        return WalletLimits(
            dataclasses.replace(self.of_day, wallet_used_minor=in_day),
            dataclasses.replace(self.of_month, wallet_used_minor=in_month),
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
    usages = _usages(set(owned.values()), currencies)
    found = {}
    for wallet in (one for one in wallets if one.id in owned):
        tier = tiers.get(owned[wallet.id], Tier.UNVERIFIED)
        of_holder = usages.get((owned[wallet.id], wallet.currency_id), [])
        holding = (_rule_of(rules, wallet, None), _rule_of(rules, wallet, tier))
        found[wallet.id] = _limits(wallet, *holding, of_holder, now=now)
    return found


def _usages(
    owner_ids: Collection[uuid.UUID], currencies: Collection[str]
) -> Mapping[tuple[uuid.UUID, str], Sequence[SpendingUsage]]:
    """What each of these people spent, by currency: a row for each of all their wallets."""
    found = collections.defaultdict(list)
    rows = SpendingUsage.objects.select_related("wallet").filter(
        wallet__owner_id__in=owner_ids, wallet__currency_id__in=currencies
    )
    for row in rows:
        assert row.wallet.owner_id is not None  # by the filter
        found[row.wallet.owner_id, row.wallet.currency_id].append(row)
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
    everybodys: LimitRule | None,
    of_tier: LimitRule | None,
    usages: Sequence[SpendingUsage],
    *,
    now: dt.datetime,
) -> WalletLimits:
    """The two rules, with what was spent of them in the windows that run."""
    day = now.astimezone(ZoneInfo(wallet.organization.timezone)).date()
    month = day.replace(day=1)
    own = [usage for usage in usages if usage.wallet_id == wallet.id]
    others = [usage for usage in usages if usage.wallet_id != wallet.id]
    return WalletLimits(
        LimitWindow(
            day,
            everybodys.day_minor if everybodys else None,
            of_tier.day_minor if of_tier else None,
            sum(usage.day_minor for usage in own if usage.day >= day),
            sum(usage.day_minor for usage in others if usage.day >= day),
        ),
        LimitWindow(
            month,
            everybodys.month_minor if everybodys else None,
            of_tier.month_minor if of_tier else None,
            sum(usage.month_minor for usage in own if usage.month >= month),
            sum(usage.month_minor for usage in others if usage.month >= month),
        ),
    )
