"""From a payment that takes a second person to a pending act, and back to the payment."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from accounts.models import PendingAct
from accounts.services.pending_acts import Agreed, Wanted, make_many
from kernel.ids import encode
from kernel.transactions import needs_transaction
from wallets.choices import TransferKind
from wallets.errors import ReferenceReused
from wallets.services.transfers.planning import Draft
from wallets.services.transfers.requests import CaptureOf, TransferOutcome, TransferRequest

PAYMENT = "wallets.payment"


@needs_transaction
def wait(drafts: Sequence[Draft]) -> dict[bytes, TransferOutcome]:
    """Leave pending acts in place of the payments, in a constant number of statements.

    What was asked for before under its reference answers with the act that stands.
    """
    acts = make_many([_wanted(draft) for draft in drafts]) if drafts else []
    return {
        draft.request.reference: _outcome(draft.request, act)
        for draft, act in zip(drafts, acts, strict=True)
    }


def _outcome(request: TransferRequest, act: PendingAct) -> TransferOutcome:
    if bytes(act.fingerprint) != request.fingerprint:
        return TransferOutcome(None, ReferenceReused())
    return TransferOutcome(None, replayed=act.made_at != request.now, pending_act=act)


def _wanted(draft: Draft) -> Wanted:
    request, source, destination = draft.request, draft.source, draft.destination
    assert source is not None  # only payments from a wallet to another wait
    assert destination is not None
    hold = request.hold
    return Wanted(
        actor=request.actor,
        kind=PAYMENT,
        organization_id=draft.organization_id,
        facts={
            "kind": str(request.kind),
            "source": encode("wal", source.id),
            "destination": encode("wal", destination.id),
            "source_handle": source.handle,
            "destination_handle": destination.handle,
            "payee_id": str(destination.owner_id) if destination.owner_id else None,
            "description": request.description,
            "metadata": dict(request.metadata),
            # The fee that was agreed to; what a capture pays is reserved with its hold.
            "fee_minor": None if hold else draft.fee_minor,
            "hold": hold
            and {
                "hold_id": str(hold.hold_id),
                "final": hold.final,
                "fee_account_id": str(hold.fee_account_id) if hold.fee_account_id else None,
            },
        },
        reference=request.reference,
        fingerprint=request.fingerprint,
        now=request.now,
        amount_minor=request.amount_minor,
        currency=request.currency,
    )


def request_of(agreed: Agreed) -> TransferRequest:
    """The payment again, asked for by its maker as they are now, at the time of the consent."""
    act, facts = agreed.act, agreed.facts
    assert act.amount_minor is not None  # of every payment
    return TransferRequest(
        actor=agreed.maker,
        kind=TransferKind(facts["kind"]),
        source=facts["source"],
        destination=facts["destination"],
        amount_minor=act.amount_minor,
        currency=str(act.currency),
        description=facts["description"],
        metadata=facts["metadata"],
        reference=bytes(act.reference),
        fingerprint=bytes(act.fingerprint),
        now=agreed.now,
        expected_fee_minor=facts["fee_minor"],
        hold=_hold(facts["hold"]),
        checked=True,
    )


def _hold(facts: dict[str, str | bool | None] | None) -> CaptureOf | None:
    if facts is None:
        return None
    income = facts["fee_account_id"]
    return CaptureOf(
        hold_id=uuid.UUID(str(facts["hold_id"])),
        final=bool(facts["final"]),
        fee_account_id=uuid.UUID(str(income)) if income else None,
    )
