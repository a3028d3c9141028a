"""Evidence and events of transfers: one of each for every organization that may know."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from audit.services import Act, record_many
from events.services import Fact, emit_many
from kernel.actor import Actor, counterparty
from wallets.choices import TransferKind, TransferState
from wallets.models import Transfer
from wallets.services.transfers.planning import Draft

# The verb of the audit action and the participle of the event.
_WORDS = {
    TransferState.COMPLETED: ("complete", "completed"),
    TransferState.FAILED: ("fail", "failed"),
    TransferState.CANCELLED: ("cancel", "cancelled"),
}


def tell(done: Sequence[tuple[Draft, Transfer]]) -> None:
    """Record and emit what became of the drafts, in two statements.

    Records `wallets.transfer.complete`, `.fail` or `.cancel`, and emits the event
    `wallets.transfer.completed`, `.failed` or `.cancelled`. Of money that moved both sides learn;
    who asked is told to the asking side only, and the id of a wallet to its own organization only.
    A refusal is the asking side's own business.
    """
    acts: list[Act] = []
    facts: list[Fact] = []
    for draft, transfer in done:
        for organization_id, actor in _audience(draft, transfer):
            metadata = _facts_of(transfer, ours=organization_id == transfer.organization_id)
            wills = _wills_of(transfer) if organization_id == transfer.organization_id else {}
            acts.append(_act(draft, transfer, organization_id, actor, metadata | wills))
            facts.append(_fact(draft, transfer, organization_id, actor, metadata))
    record_many(acts)
    emit_many(facts)


def _audience(draft: Draft, transfer: Transfer) -> list[tuple[uuid.UUID, Actor]]:
    asking = draft.request.actor
    audience = [(transfer.organization_id, asking)]
    other = transfer.counterparty_organization_id
    if other and draft.source and transfer.state == TransferState.COMPLETED:
        audience.append((other, counterparty(asking, display=draft.source.organization_name)))
    return audience


def _act(
    draft: Draft,
    transfer: Transfer,
    organization_id: uuid.UUID,
    actor: Actor,
    metadata: dict[str, object],
) -> Act:
    return Act(
        actor=actor,
        action=f"wallets.transfer.{_WORDS[TransferState(transfer.state)][0]}",
        subject_type="transfer",
        subject_id=transfer.id,
        now=draft.request.now,
        organization_id=organization_id,
        metadata=metadata,
    )


def _fact(
    draft: Draft,
    transfer: Transfer,
    organization_id: uuid.UUID,
    actor: Actor,
    metadata: dict[str, object],
) -> Fact:
    return Fact(
        name=f"wallets.transfer.{_WORDS[TransferState(transfer.state)][1]}",
        organization_id=organization_id,
        subject_id=transfer.id,
        payload={"transfer_id": str(transfer.id), **metadata},
        actor=actor,
        now=draft.request.now,
    )


def _wills_of(transfer: Transfer) -> dict[str, object]:
    """On whose word it moved besides who asked; for the record of the asking side."""
    named = {
        "approval_id": transfer.approval_id,
        "pending_act_id": transfer.pending_act_id,
        "checker_id": transfer.checker_id,
    }
    return {name: str(value) for name, value in named.items() if value}


def _facts_of(transfer: Transfer, *, ours: bool) -> dict[str, object]:
    across = transfer.counterparty_organization_id is not None
    # Across organizations the asking side's wallet is the source: each side reads its own end.
    source = transfer.source_id if ours else None
    destination = None if ours and across else transfer.destination_id
    # A reversal gives back the fee of the side that gets the money back.
    charged = ours != (transfer.kind == TransferKind.REVERSAL) or not across
    return {
        "kind": str(transfer.kind),
        "state": str(transfer.state),
        "reason_code": transfer.reason_code or None,
        "source_wallet_id": str(source) if source else None,
        "destination_wallet_id": str(destination) if destination else None,
        "amount_minor": transfer.amount_minor,
        "fee_minor": transfer.fee_minor if charged else 0,
        "hold_id": str(transfer.hold_id) if ours and transfer.hold_id else None,
        "reverses_transfer_id": str(transfer.reverses_id) if transfer.reverses_id else None,
        "currency": transfer.currency_id,
        "effective_at": transfer.effective_at.isoformat() if transfer.effective_at else None,
    }
