"""Which of the wallets in view a person calls theirs."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from django.db.models import Q, QuerySet

from accounts.policy import may
from kernel.actor import Actor
from wallets.choices import TransferKind, TransferState
from wallets.models import Transfer, Wallet, WalletHold
from wallets.policy import may_capture, may_debit, may_move_cash, may_reverse, may_void
from wallets.queries import visible_wallets

MOST_SOURCES = 200


def asked_for(actor: Actor, transfer: Transfer) -> bool:
    """Whether the actor stands on the side that asked, and so sees who asked and how."""
    home = actor.is_platform or transfer.organization_id == actor.organization_id
    return home and (may(actor, "transfers.read_all") or transfer.actor_id == actor.id)


def may_take(actor: Actor, hold: WalletHold) -> bool:
    """Whether the services would let the actor capture this hold."""
    return may_capture(actor, payer=_payer(hold), payee=_payee(hold))


def may_free(actor: Actor, hold: WalletHold) -> bool:
    """Whether the services would let the actor void this hold."""
    return may_void(actor, payer=_payer(hold), payee=_payee(hold))


def _payer(hold: WalletHold) -> tuple[uuid.UUID, uuid.UUID | None]:
    return hold.organization_id, hold.source.owner_id


def _payee(hold: WalletHold) -> tuple[uuid.UUID, uuid.UUID | None]:
    """Across organizations the payee's wallet is hidden from here, and its holder no matter."""
    elsewhere = hold.counterparty_organization_id
    return elsewhere or hold.organization_id, None if elsewhere else hold.destination.owner_id


def may_give_back(actor: Actor, transfer: Transfer) -> bool:
    """Whether the services would let the actor give back what this transfer moved."""
    if transfer.kind == TransferKind.REVERSAL or transfer.state != TransferState.COMPLETED:
        return False
    giver_id = transfer.destination_id or transfer.source_id
    giver = visible_wallets(actor).filter(id=giver_id).first() if giver_id else None
    if giver is None:
        return False
    if transfer.source_id is None or transfer.destination_id is None:
        return may_move_cash(actor, organization_id=giver.organization_id)
    return may_reverse(actor, organization_id=giver.organization_id, owner_id=giver.owner_id)


def debitable_wallets(actor: Actor) -> list[Wallet]:
    """The wallets a person may pay from, the first `MOST_SOURCES` of them."""
    wallets = near_wallets(actor, visible_wallets(actor)).order_by("id")[:MOST_SOURCES]
    return [
        wallet
        for wallet in wallets
        if may_debit(actor, organization_id=wallet.organization_id, owner_id=wallet.owner_id)
    ]


def near_wallets(actor: Actor, wallets: QuerySet[Wallet]) -> QuerySet[Wallet]:
    """One's own and the house's; colleagues' are left out."""
    return wallets.filter(Q(owner_id=actor.id) | Q(owner_id=None))


def ends_of(transfers: Iterable[Transfer]) -> set[uuid.UUID]:
    """The wallets these transfers go from and to."""
    ends = {one for row in transfers for one in (row.source_id, row.destination_id)}
    return {one for one in ends if one is not None}


def own_ends(actor: Actor, transfers: Iterable[Transfer]) -> set[uuid.UUID]:
    """Those ends of the transfers that the actor may see: the side it looks from. One query."""
    wallets = visible_wallets(actor).filter(id__in=ends_of(transfers))
    return set(wallets.order_by().values_list("id", flat=True))
