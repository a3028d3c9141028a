"""Evidence and events of payouts. Nothing here says whose account it is, or which."""

from __future__ import annotations

import datetime as dt

from audit.services import record
from events.services import emit
from kernel.actor import Actor
from kernel.errors import InvariantBroken
from kernel.transactions import needs_transaction
from wallets.choices import TransferState
from wallets.models import Transfer

_ENDS = {
    TransferState.COMPLETED: ("complete", "completed"),
    TransferState.FAILED: ("fail", "failed"),
}


@needs_transaction
def tell_requested(transfer: Transfer, *, actor: Actor, now: dt.datetime) -> None:
    """Record `wallets.hold.place` and `wallets.payout.request`, and emit what happened."""
    _tell_hold(transfer, actor=actor, verb="place", happened="placed", now=now)
    more: dict[str, object] = {"rail_reference": None}
    _tell("payout", transfer, more, actor=actor, verb="request", happened="requested", now=now)


@needs_transaction
def tell_ended(transfer: Transfer, *, actor: Actor, rail_reference: str, now: dt.datetime) -> None:
    """Record and emit what became of it, as a transfer and as a payout.

    A failed one let its hold go, which is told, too.
    """
    verb, happened = _ENDS[TransferState(transfer.state)]
    if transfer.state == TransferState.FAILED:
        _tell_hold(transfer, actor=actor, verb="void", happened="voided", now=now)
    more: dict[str, object] = {"rail_reference": rail_reference or None}
    _tell("payout", transfer, more, actor=actor, verb=verb, happened=happened, now=now)
    _tell("transfer", transfer, {}, actor=actor, verb=verb, happened=happened, now=now)


def _tell(
    noun: str,
    transfer: Transfer,
    more: dict[str, object],
    *,
    actor: Actor,
    verb: str,
    happened: str,
    now: dt.datetime,
) -> None:
    facts: dict[str, object] = {
        "kind": str(transfer.kind),
        "state": str(transfer.state),
        "reason_code": transfer.reason_code or None,
        "source_wallet_id": str(transfer.source_id),
        "destination_wallet_id": None,
        "amount_minor": transfer.amount_minor,
        "fee_minor": transfer.fee_minor,
        "hold_id": str(transfer.hold_id),
        "reverses_transfer_id": None,
        "currency": transfer.currency_id,
        "effective_at": None,
        **more,
    }
    record(
        actor=actor,
        action=f"wallets.{noun}.{verb}",
        subject_type="transfer",
        subject_id=transfer.id,
        organization_id=transfer.organization_id,
        metadata=facts,
        now=now,
    )
    emit(
        name=f"wallets.{noun}.{happened}",
        organization_id=transfer.organization_id,
        subject_id=transfer.id,
        payload={"transfer_id": str(transfer.id), **facts},
        actor=actor,
        now=now,
    )


def _tell_hold(
    transfer: Transfer, *, actor: Actor, verb: str, happened: str, now: dt.datetime
) -> None:
    hold = transfer.hold
    if hold is None:
        raise InvariantBroken("a payout that is told of has a hold")
    hold.refresh_from_db()
    facts: dict[str, object] = {
        "hold_id": str(hold.id),
        "source_wallet_id": str(transfer.source_id),
        "destination_wallet_id": None,
        "amount_minor": hold.amount_minor,
        "captured_minor": hold.captured_minor,
        "released_minor": hold.released_minor,
        "fee_minor": hold.fee_minor,
        "fee_captured_minor": hold.fee_captured_minor,
        "currency": transfer.currency_id,
        "expires_at": hold.expires_at.isoformat(),
    }
    record(
        actor=actor,
        action=f"wallets.hold.{verb}",
        subject_type="hold",
        subject_id=hold.id,
        organization_id=transfer.organization_id,
        metadata=facts,
        now=now,
    )
    emit(
        name=f"wallets.hold.{happened}",
        organization_id=transfer.organization_id,
        subject_id=hold.id,
        payload=facts,
        actor=actor,
        now=now,
    )
