"""Which of the wallets in view a person calls theirs."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from django.db.models import Q, QuerySet

from accounts.policy import may
from kernel.actor import Actor
from wallets.models import Transfer, Wallet
from wallets.queries import visible_wallets


def asked_for(actor: Actor, transfer: Transfer) -> bool:
    """Whether the actor stands on the side that asked, and so sees who asked and how."""
    home = actor.is_platform or transfer.organization_id == actor.organization_id
    return home and (may(actor, "transfers.read_all") or transfer.actor_id == actor.id)


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
