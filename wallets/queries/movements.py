"""Reading wallets, transfers and holds, and whom a payer means."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections.abc import Collection, Iterable, Mapping

from django.db import connection
from django.db.models import Count, Q, QuerySet, Sum

from accounts.blind_indexes import blind_index
from accounts.policy import may
from kernel.actor import Actor
from kernel.ids import MalformedId, decode, normalize_account_number, normalize_handle
from ledger.choices import HoldState
from wallets.choices import TransferKind, TransferState
from wallets.directory import Listed, key_of, look_up
from wallets.errors import PayoutNotFound, TransferNotFound, WalletHoldNotFound, WalletNotFound
from wallets.models import (
    Transfer,
    Wallet,
    WalletHold,
)

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


def payout_of(*, actor: Actor, transfer_id: uuid.UUID) -> Transfer:
    """One visible payout.

    :raises PayoutNotFound: if there is none, or none that may be seen.
    """
    found = visible_transfers(actor).filter(id=transfer_id, kind=TransferKind.PAYOUT).first()
    if found is None:
        raise PayoutNotFound()
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
