"""Reserving money for another needs an approval where paying it would."""

from __future__ import annotations

from accounts.choices import ApprovalKind
from accounts.errors import ApprovalRefused
from accounts.services.approvals import (
    Binding,
    Demand,
    Presented,
    Spent,
    asks,
    consume,
    demand_of,
    methods_of,
)
from kernel.transactions import needs_transaction
from wallets.directory import Listed
from wallets.services.holds.requests import HoldRequest
from wallets.services.transfers.approving import required, situation, stays


def binding_of_hold(
    request: HoldRequest, source: Listed, destination: Listed, *, fee_minor: int
) -> Binding:
    """What the person approves: also the fee that is reserved on top."""
    return Binding(
        kind=ApprovalKind.HOLD,
        source_wallet_id=source.id,
        destination_wallet_id=destination.id,
        amount_minor=request.amount_minor,
        currency=request.currency,
        fee_minor=fee_minor,
    )


@needs_transaction
def demand_of_hold(
    request: HoldRequest, source: Listed, destination: Listed, *, network_is_new: bool
) -> Demand | None:
    """Why the person has to approve it, if they do."""
    if not asks(request.actor) or stays(source, destination):
        return None
    return demand_of(
        situation(
            source,
            request.amount_minor,
            request.currency,
            actor=request.actor,
            network_is_new=network_is_new,
            now=request.now,
        )
    )


@needs_transaction
def approved_hold(
    request: HoldRequest,
    source: Listed,
    destination: Listed,
    *,
    fee_minor: int,
    network_is_new: bool,
) -> Spent | ApprovalRefused | None:
    """What approves the hold, or why it may not be placed; None where nothing is needed.

    Locks the approval that is presented. A refusal is recorded (see `consume`), so the caller
    must let the transaction commit.
    """
    if request.approval_id is None or not asks(request.actor):
        demand = demand_of_hold(request, source, destination, network_is_new=network_is_new)
        person = request.actor.id
        if demand is None or person is None:
            return None
        return required(demand, methods_of([person], now=request.now)[person])
    binding = binding_of_hold(request, source, destination, fee_minor=fee_minor)
    presented = Presented(
        approval_id=request.approval_id,
        actor=request.actor,
        binding=binding,
        reference=request.reference,
        now=request.now,
    )
    return consume([presented])[request.reference]
