"""Reading wallets and transfers. Row-level security hides other organizations; these rules hide
colleagues' money from who may not see it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections.abc import Collection, Iterable, Mapping
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Count, Q, QuerySet, Sum

from accounts.blind_indexes import blind_index
from accounts.policy import may
from kernel.actor import Actor
from kernel.ids import MalformedId, decode, normalize_account_number, normalize_handle
from kyc.choices import Tier
from kyc.queries import tiers_of
from ledger.choices import HoldState
from wallets.choices import TransferState
from wallets.directory import Listed, key_of, look_up
from wallets.errors import TransferNotFound, WalletHoldNotFound, WalletNotFound
from wallets.models import (
    ApprovalThreshold,
    FeeSchedule,
    LimitRule,
    SpendingUsage,
    Transfer,
    Wallet,
    WalletHold,
    WalletPolicy,
)
from wallets.policy import smaller

ACCOUNT_NUMBER_FIELD = "account_number"


@dataclasses.dataclass(frozen=True, slots=True)
class Payee:
    """What a payer is shown before sending: whom the handle belongs to."""

    handle: str
    holder_name: str
    organization_name: str
    currency: str


def visible_wallets(actor: Actor) -> QuerySet[Wallet]:
    """The actor's own wallets, or all in view for who may see them; newest first."""
    wallets = Wallet.objects.select_related("account", "currency", "owner", "organization")
    wallets = wallets.order_by("-id")
    if may(actor, "wallets.read_all"):
        return wallets if actor.is_platform else wallets.filter(_own(actor))
    if may(actor, "wallets.read"):
        return wallets.filter(_own(actor), owner_id=actor.id)
    return wallets.none()


def wallet_of(*, actor: Actor, wallet: str) -> Wallet:
    """One visible wallet by id (``wal_...``) or handle (``VC-...``).

    :raises WalletNotFound: if there is none, or none that may be seen.
    """
    try:
        by_id = wallet.startswith("wal_")
        wanted = Q(id=decode("wal", wallet)) if by_id else Q(handle=normalize_handle(wallet))
    except MalformedId as error:
        raise WalletNotFound() from error
    found = visible_wallets(actor).filter(wanted).first()
    if found is None:
        raise WalletNotFound()
    return found


def handle_of_number(text: str) -> str | None:
    """The handle of the wallet, in any organization, with this account number; None without one.

    It tells a payer what the directory tells of a handle, so only for exactly the right number.
    """
    try:
        number = normalize_account_number(text)
    except MalformedId:
        return None
    wanted = blind_index(field=ACCOUNT_NUMBER_FIELD, text=number)
    with connection.cursor() as cursor:
        cursor.execute("SELECT wallet_handle_of_number(%s)", [wanted])
        (handle,) = cursor.fetchone()
    return str(handle) if handle else None


def wallets_named(*, actor: Actor, names: Iterable[str]) -> Mapping[str, Wallet]:
    """The visible ones of these wallets, by the id or handle as it was given, in one statement."""
    keys = {name: key for name in names if (key := key_of(name))}
    by_key: dict[uuid.UUID | str, Wallet] = {}
    for wallet in visible_wallets(actor).filter(
        Q(id__in=[key for key in keys.values() if isinstance(key, uuid.UUID)])
        | Q(handle__in=[key for key in keys.values() if isinstance(key, str)])
    ):
        by_key[wallet.id] = by_key[wallet.handle] = wallet
    return {name: by_key[key] for name, key in keys.items() if key in by_key}


def visible_transfers(actor: Actor) -> QuerySet[Transfer]:
    """Transfers of the actor's wallets, or all in view for who may see them; newest first.

    A refused transfer is the payer's business: the other side does not see it.
    """
    transfers = Transfer.objects.select_related("currency").order_by("-id")
    if actor.is_platform and may(actor, "transfers.read_all"):
        return transfers
    if may(actor, "transfers.read_all"):
        return transfers.filter(_sent_or_received(actor.organization_id))
    if may(actor, "transfers.read"):
        mine = Wallet.objects.filter(owner_id=actor.id).values("id")
        received = Q(destination_id__in=mine, state="COMPLETED")
        return transfers.filter(Q(source_id__in=mine) | received | _asked_by(actor))
    return transfers.none()


def transfer_of(*, actor: Actor, transfer_id: uuid.UUID) -> Transfer:
    """One visible transfer.

    :raises TransferNotFound: if there is none, or none that may be seen.
    """
    found = visible_transfers(actor).filter(id=transfer_id).first()
    if found is None:
        raise TransferNotFound()
    return found


def visible_holds(actor: Actor) -> QuerySet[WalletHold]:
    """Holds on or for the actor's wallets, or all in view for who may see them; newest first."""
    holds = WalletHold.objects.select_related("hold", "source", "currency").order_by("-hold_id")
    if may(actor, "transfers.read_all"):
        return holds if actor.is_platform else holds.filter(_own(actor))
    if may(actor, "transfers.read"):
        mine = Wallet.objects.filter(owner_id=actor.id).values("id")
        return holds.filter(Q(source_id__in=mine) | Q(destination_id__in=mine))
    return holds.none()


def hold_of(*, actor: Actor, hold_id: uuid.UUID) -> WalletHold:
    """One visible hold.

    :raises WalletHoldNotFound: if there is none, or none that may be seen.
    """
    found = visible_holds(actor).filter(hold_id=hold_id).first()
    if found is None:
        raise WalletHoldNotFound()
    return found


def holds_in(holds: QuerySet[WalletHold], *, state: str, now: dt.datetime) -> QuerySet[WalletHold]:
    """Those of the holds that are in a state now; see `wallets.policy.hold_state`."""
    overdue = Q(hold__state=HoldState.OPEN, hold__expires_at__lte=now)
    if state == HoldState.EXPIRED:
        return holds.filter(overdue | Q(hold__state=state))
    return holds.filter(hold__state=state).exclude(overdue)


def overdue_minor(wallets: Iterable[Wallet], *, now: dt.datetime) -> Mapping[uuid.UUID, int]:
    """What overdue holds still keep of wallets, in minor units by wallet; nothing: missing.

    It can be spent: the posting that spends it releases those holds first. No statement where no
    wallet holds anything.
    """
    holding = [wallet.id for wallet in wallets if wallet.account.held_minor]
    if not holding:
        return {}
    found = (
        WalletHold.objects.filter(source_id__in=holding, hold__state=HoldState.OPEN)
        .filter(hold__expires_at__lte=now)
        .values_list("source_id")
        .annotate(left_minor=Sum("hold__reserved_minor"))
        .order_by()
    )
    return dict(found)


def reversals_of(transfer_id: uuid.UUID) -> QuerySet[Transfer]:
    """What was given back of a transfer, oldest first; refused attempts are left out."""
    return (
        Transfer.objects.filter(reverses_id=transfer_id, state=TransferState.COMPLETED)
        .select_related("currency")
        .order_by("id")
    )


@dataclasses.dataclass(frozen=True, slots=True)
class Reversed:
    """How often and how much of a transfer was given back, in minor units."""

    count: int = 0
    amount_minor: int = 0


def reversed_sums(transfer_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, Reversed]:
    """What was given back of transfers, in one statement; of those that are missing, nothing."""
    found = (
        Transfer.objects.filter(reverses_id__in=transfer_ids, state=TransferState.COMPLETED)
        .values_list("reverses_id")
        .annotate(Count("id"), Sum("amount_minor"))
        .order_by()
    )
    return {row[0]: Reversed(*row[1:]) for row in found}


def fee_schedules(organization_id: uuid.UUID | None = None) -> QuerySet[FeeSchedule]:
    """What payments cost, by organization, kind and currency."""
    found = FeeSchedule.objects.select_related("currency").order_by(
        "organization_id", "kind", "currency_id"
    )
    return found.filter(organization_id=organization_id) if organization_id else found


def wallet_policy_of(organization_id: uuid.UUID) -> WalletPolicy | None:
    """How many wallets holders may have, and who opens them; None: the usual."""
    return WalletPolicy.objects.filter(organization_id=organization_id).first()


def approval_thresholds(organization_id: uuid.UUID) -> QuerySet[ApprovalThreshold]:
    """From which amounts on payments of the organization take a second person, by currency."""
    standing = ApprovalThreshold.objects.filter(threshold_minor__isnull=False)
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


def payee_of(wallet: str) -> Payee:
    """Whom a wallet belongs to, by id, handle or account number; needs no context.

    :raises WalletNotFound: if it belongs to nobody.
    """
    name = handle_of_number(wallet) or wallet
    listed: Listed | None = look_up([name]).get(name)
    if listed is None:
        raise WalletNotFound()
    return Payee(listed.handle, listed.holder_name, listed.organization_name, listed.currency)


def _own(actor: Actor) -> Q:
    return Q(organization_id=actor.organization_id)


def _sent_or_received(organization_id: uuid.UUID | None) -> Q:
    received = Q(counterparty_organization_id=organization_id, state="COMPLETED")
    return Q(organization_id=organization_id) | received


def _asked_by(actor: Actor) -> Q:
    return Q(actor_kind=actor.kind.value, actor_id=actor.id)
