"""What wallets pay for payments and may spend, in words and as bars."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections.abc import Collection, Iterable

from django.urls import reverse

from kyc.choices import Tier
from wallets.choices import TransferKind, WalletKind
from wallets.models import FeeSchedule, LimitRule, Wallet
from wallets.policy import fee_minor
from wallets.queries import WalletLimits
from web.presenters.money import CurrencyLike, shown

_EXAMPLE_MAJOR = 10_000
_WARNED_AT = 80  # percent of a limit


@dataclasses.dataclass(frozen=True, slots=True)
class LimitBar:
    """One window of a wallet's limits. `percent` is what is used; words say the same.

    :param limit: empty where there is no limit.
    """

    title: str
    used: str
    limit: str
    left: str
    percent: int
    near: bool


@dataclasses.dataclass(frozen=True, slots=True)
class WalletLimitsCard:
    """A wallet's two windows, and when they begin anew."""

    bars: list[LimitBar]
    timezone: str


@dataclasses.dataclass(frozen=True, slots=True)
class FeeRow:
    """One fee in words, with an example."""

    kind: str
    currency: str
    words: str
    example: str
    set_at: dt.datetime


@dataclasses.dataclass(frozen=True, slots=True)
class LimitRow:
    """One rule of limits.

    :param tier: of the holders; empty where it holds for all.
    """

    kind: str
    currency: str
    tier: str
    day: str
    month: str
    own: bool


def limits_card(wallet: Wallet, limits: WalletLimits | None) -> WalletLimitsCard | None:
    """The card of a wallet's limits; None where nothing limits it."""
    if limits is None:
        return None
    windows = (
        ("Today", *limits.of_day.tighter),
        ("This month", *limits.of_month.tighter),
    )
    if all(limit is None for _, limit, _ in windows):
        return None
    bars = [_bar(title, used, limit, wallet.currency) for title, limit, used in windows]
    return WalletLimitsCard(bars, str(wallet.organization.timezone))


def _bar(title: str, used_minor: int, limit_minor: int | None, currency: CurrencyLike) -> LimitBar:
    used = shown(used_minor, currency)
    if limit_minor is None:
        return LimitBar(title, used, "", "", 0, near=False)
    percent = 100 if used_minor >= limit_minor else used_minor * 100 // limit_minor
    left = shown(max(0, limit_minor - used_minor), currency)
    limit = shown(limit_minor, currency)
    return LimitBar(title, used, limit, left, percent, near=percent >= _WARNED_AT)


def fee_rows(schedules: Iterable[FeeSchedule]) -> list[FeeRow]:
    """Every fee that is charged; a schedule of zeros is none."""
    return [
        FeeRow(
            kind=TransferKind(row.kind).label,
            currency=row.currency_id,
            words=fee_words(row),
            example=_example(row),
            set_at=row.set_at,
        )
        for row in schedules
        if is_charged(row)
    ]


def is_charged(row: FeeSchedule) -> bool:
    """Whether anything would be paid under this schedule."""
    return bool(row.fixed_minor or row.bps or row.floor_minor) and row.ceiling_minor != 0


def fee_words(row: FeeSchedule) -> str:
    """``₹2.00 + 0.05%, at least ₹5.00, at most ₹50.00``."""
    if not is_charged(row):
        return "Free"
    parts = [shown(row.fixed_minor, row.currency)] if row.fixed_minor else []
    if row.bps:
        parts.append(f"{row.bps / 100:g}%")
    words = [" + ".join(parts)] if parts else []
    if row.floor_minor:
        words.append(f"at least {shown(row.floor_minor, row.currency)}")
    if row.ceiling_minor is not None:
        words.append(f"at most {shown(row.ceiling_minor, row.currency)}")
    text = ", ".join(words)
    return text[:1].upper() + text[1:]


def _example(row: FeeSchedule) -> str:
    amount_minor = _EXAMPLE_MAJOR * 10**row.currency.exponent
    fee = fee_minor(
        amount_minor=amount_minor,
        fixed_minor=row.fixed_minor,
        bps=row.bps,
        floor_minor=row.floor_minor,
        ceiling_minor=row.ceiling_minor,
    )
    return f"{shown(fee, row.currency)} for {shown(amount_minor, row.currency)}"


def limit_rows(
    rules: Iterable[LimitRule], *, organization_id: uuid.UUID, currencies: Collection[str]
) -> list[LimitRow]:
    """The rules that hold for an organization's people in these currencies.

    An organization's own rule replaces the general one.
    """
    own = {_key(rule): rule for rule in rules if rule.organization_id == organization_id}
    general = {_key(rule): rule for rule in rules if rule.organization_id is None}
    found = {**general, **own}
    order = list(WalletKind.values)
    keys = sorted(
        (key for key in found if key[1] in currencies),
        key=lambda key: (key[1], order.index(key[0]), key[2]),
    )
    return [_limit_row(found[key]) for key in keys]


def _key(rule: LimitRule) -> tuple[str, str, int]:
    """What a rule is about; rules for every tier come first."""
    return (rule.wallet_kind, rule.currency_id, -1 if rule.tier is None else rule.tier)


def _limit_row(rule: LimitRule) -> LimitRow:
    return LimitRow(
        kind=WalletKind(rule.wallet_kind).label,
        currency=rule.currency_id,
        tier="" if rule.tier is None else Tier(rule.tier).label,
        day=_limit(rule.day_minor, rule.currency),
        month=_limit(rule.month_minor, rule.currency),
        own=rule.organization_id is not None,
    )


def _limit(limit_minor: int | None, currency: CurrencyLike) -> str:
    return "No limit" if limit_minor is None else shown(limit_minor, currency)


def holds_address(wallet_handle: str) -> str:
    """The list of the open holds that a wallet pays or receives."""
    return f"{reverse('web:holds')}?state=OPEN&q={wallet_handle}"
