"""Wallets and balances as cards, and the entries of one wallet as rows."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable

from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.urls import reverse

from kernel.ids import encode
from ledger.choices import AccountStatus
from wallets.choices import WalletKind
from wallets.models import Wallet
from web.presenters.badges import Badge, wallet_badge
from web.presenters.money import figure, shown

_ICONS = {
    WalletKind.SAVINGS: "piggy-bank",
    WalletKind.CURRENT: "wallet",
    WalletKind.MERCHANT: "store",
}


@dataclasses.dataclass(frozen=True, slots=True)
class WalletCard:
    """One wallet, amounts ready to read."""

    id: str
    handle: str
    url: str
    name: str
    kind_label: str
    icon: str
    holder: str
    currency: str
    badge: Badge
    whole: str
    fraction: str
    available: str
    posted: str
    held: str
    has_held: bool
    created_at: dt.datetime


@dataclasses.dataclass(frozen=True, slots=True)
class BalanceCard:
    """What one currency amounts to over several wallets; never summed across currencies."""

    currency: str
    whole: str
    fraction: str
    posted: str
    held: str
    has_held: bool
    holds_url: str
    wallet_count: int


def holder_of(wallet: Wallet) -> str:
    """The person, or the organization for its own wallets."""
    return wallet.owner.full_name if wallet.owner else wallet.organization.display_name


def wallet_card(wallet: Wallet) -> WalletCard:
    """The card of one wallet; reads its account, owner, organization and currency."""
    account, currency = wallet.account, wallet.currency
    parts = figure(account.available_minor, currency)
    kind = WalletKind(wallet.kind)
    return WalletCard(
        id=encode("wal", wallet.id),
        handle=wallet.handle,
        url=reverse("web:wallet", args=[wallet.handle]),
        name=f"{kind.label} {wallet.currency_id}",
        kind_label=kind.label,
        icon="landmark" if wallet.owner_id is None else _ICONS[kind],
        holder=holder_of(wallet),
        currency=wallet.currency_id,
        badge=wallet_badge(account.status),
        whole=parts.whole,
        fraction=parts.fraction,
        available=shown(account.available_minor, currency),
        posted=shown(account.posted_minor, currency),
        held=shown(account.held_minor, currency),
        has_held=account.held_minor > 0,
        created_at=wallet.created_at,
    )


@dataclasses.dataclass(frozen=True, slots=True)
class _Currency:
    code: str
    exponent: int


def balance_cards(wallets: QuerySet[Wallet]) -> list[BalanceCard]:
    """One card for each currency, the one with most wallets first. Summed by the database."""
    sums = (
        wallets.order_by()
        .values_list("currency_id", "currency__exponent")
        .annotate(
            posted_minor=Sum("account__posted_minor"),
            held_minor=Sum("account__held_minor"),
            floor_minor=Sum(Coalesce("account__floor_minor", 0)),
            wallet_count=Count("id"),
        )
        .order_by("-wallet_count", "currency_id")
    )
    return [_balance(*row) for row in sums]


def _balance(
    code: str, exponent: int, posted: int, held: int, floor: int, wallet_count: int
) -> BalanceCard:
    currency = _Currency(code, exponent)
    parts = figure(int(posted - held - floor), currency)
    return BalanceCard(
        currency=code,
        whole=parts.whole,
        fraction=parts.fraction,
        posted=shown(int(posted), currency),
        held=shown(int(held), currency),
        has_held=held > 0,
        holds_url=f"{reverse('web:holds')}?state=OPEN&currency={code}",
        wallet_count=wallet_count,
    )


def source_choices(wallets: Iterable[Wallet]) -> list[tuple[str, str]]:
    """Wallets to send from, with what is available in each."""
    active = [wallet for wallet in wallets if wallet.account.status == AccountStatus.ACTIVE]
    return [(wallet.handle, _source_label(wallet)) for wallet in active]


def _source_label(wallet: Wallet) -> str:
    available = shown(wallet.account.available_minor, wallet.currency)
    kind = WalletKind(wallet.kind).label
    return f"{available} · {holder_of(wallet)} · {kind} {wallet.handle}"
