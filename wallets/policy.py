"""Whose wallet may this actor touch? Rules without a database."""

from __future__ import annotations

import uuid

from accounts.policy import may
from kernel.actor import Actor, ActorKind


def may_debit(actor: Actor, *, organization_id: uuid.UUID, owner_id: uuid.UUID | None) -> bool:
    """Whether the actor may pay out of a wallet.

    People pay from their own wallets; an organization's owner, admin, finance and API keys from the
    organization's own; only a key with scope ``wallets:debit-any`` from a colleague's.
    """
    if actor.kind is ActorKind.SYSTEM:
        return True
    if actor.organization_id != organization_id:
        return False
    if owner_id is None:
        return may(actor, "transfers.debit_organization")
    if actor.kind is ActorKind.USER and owner_id == actor.id:
        return may(actor, "transfers.create")
    return may(actor, "transfers.debit_any")


def may_move_cash(actor: Actor, *, organization_id: uuid.UUID) -> bool:
    """Whether the actor may record deposits and withdrawals in this organization's books."""
    at_home = actor.is_platform or actor.organization_id == organization_id
    return at_home and may(actor, "cash.move")


def may_open_for(actor: Actor, *, owner_id: uuid.UUID | None) -> bool:
    """Whether the actor may open a wallet for this holder (None: the organization itself)."""
    own = actor.kind is ActorKind.USER and owner_id is not None and owner_id == actor.id
    return may(actor, "wallets.open" if own else "wallets.open_any")
