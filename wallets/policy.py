"""Whose wallet may this actor touch? Rules without a database."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Protocol

from accounts.choices import ApprovalMethod
from accounts.policy import may
from kernel.actor import Actor, ActorKind
from kernel.money import MAX_MINOR
from ledger.choices import HoldState


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


def may_reveal_number(
    actor: Actor, *, organization_id: uuid.UUID, owner_id: uuid.UUID | None
) -> bool:
    """Whether the actor may see a wallet's whole account number: its holder, and nobody else.

    The organization's own wallets are held by whoever may pay out of them.
    """
    person = actor.kind is ActorKind.USER and actor.organization_id == organization_id
    if owner_id is None:
        return person and may(actor, "transfers.debit_organization")
    return person and owner_id == actor.id


def may_move_cash(actor: Actor, *, organization_id: uuid.UUID) -> bool:
    """Whether the actor may record deposits and withdrawals in this organization's books."""
    at_home = actor.is_platform or actor.organization_id == organization_id
    return at_home and may(actor, "cash.move")


def may_capture(
    actor: Actor,
    *,
    payer: tuple[uuid.UUID, uuid.UUID | None],
    payee: tuple[uuid.UUID, uuid.UUID | None],
) -> bool:
    """Whether the actor may take from a hold.

    Whoever could pay from the payer's wallet may; in the payer's own organization also whoever the
    money is reserved for. Both ends are given as (organization, holder).
    """
    at_home = payer[0] == payee[0]
    return may_debit(actor, organization_id=payer[0], owner_id=payer[1]) or (
        at_home and may_debit(actor, organization_id=payee[0], owner_id=payee[1])
    )


def may_void(
    actor: Actor,
    *,
    payer: tuple[uuid.UUID, uuid.UUID | None],
    payee: tuple[uuid.UUID, uuid.UUID | None],
) -> bool:
    """Whether the actor may let a hold go, which moves no money.

    Whoever may take from it may; so may the officers of the payer's organization and the platform,
    since nobody else could free the money of somebody who is gone.
    """
    if may_capture(actor, payer=payer, payee=payee):
        return True
    at_home = actor.is_platform or actor.organization_id == payer[0]
    return at_home and may(actor, "holds.void_any")


def hold_state(state: str, *, expires_at: dt.datetime, now: dt.datetime) -> HoldState:
    """The state of a hold for whoever looks at it now.

    Time ends a hold, not the posting that tidies it away: an open hold that is overdue reserves
    nothing any more, since every posting on its account releases it first.
    """
    overdue = state == HoldState.OPEN and expires_at <= now
    return HoldState.EXPIRED if overdue else HoldState(state)


def may_reverse(actor: Actor, *, organization_id: uuid.UUID, owner_id: uuid.UUID | None) -> bool:
    """Whether the actor may give back money that a wallet received.

    Its holder may, as with any payment; the officers of its organization and the platform may, too.
    """
    if may_debit(actor, organization_id=organization_id, owner_id=owner_id):
        return True
    at_home = actor.is_platform or actor.organization_id == organization_id
    return at_home and may(actor, "transfers.reverse")


def may_return_fee(actor: Actor, *, payer_organization_id: uuid.UUID) -> bool:
    """Whether a fee goes back with the last of a payment that this actor gives back.

    A fee is income of the payer's organization, and no other organization may spend it: what its
    people give back across is the amount alone.
    """
    return actor.is_platform or actor.organization_id == payer_organization_id


def fee_minor(
    *,
    amount_minor: int,
    fixed_minor: int,
    bps: int,
    floor_minor: int,
    ceiling_minor: int | None,
) -> int:
    """What moving an amount costs, in minor units: fixed + basis points, rounded half up, bounded.

    A schedule of nothing but zeros costs nothing. It never passes `MAX_MINOR`: no wallet has more.
    """
    proportional = (amount_minor * bps + 5_000) // 10_000
    fee = max(fixed_minor + proportional, floor_minor)
    return min(fee, MAX_MINOR if ceiling_minor is None else ceiling_minor)


def permission_to_open_for(actor: Actor, *, owner_id: uuid.UUID | None) -> str:
    """What it takes to open a wallet for this holder (None: the organization itself)."""
    own = actor.kind is ActorKind.USER and owner_id is not None and owner_id == actor.id
    return "wallets.open" if own else "wallets.open_any"


class Provenance(Protocol):
    """Of a money object: who made it, and how they approved it."""

    actor_kind: str
    approval_method: str


def approved_by(made: Provenance) -> str:
    """How who asked made sure that it is their will; nothing where nobody had to.

    A key needs no approval beyond its scopes, and that is told in its place.
    """
    if made.approval_method:
        return str(ApprovalMethod(made.approval_method).label)
    return "Scope of the API key" if made.actor_kind == ActorKind.API_KEY.value else ""


def may_open_for(actor: Actor, *, owner_id: uuid.UUID | None) -> bool:
    """Whether the actor may open a wallet for this holder (None: the organization itself)."""
    return may(actor, permission_to_open_for(actor, owner_id=owner_id))
