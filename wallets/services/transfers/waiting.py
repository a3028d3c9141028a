"""From a payment that takes a second person to a pending act, and back to the payment."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence

from accounts.models import PendingAct
from accounts.services.approvals import Spent
from accounts.services.pending_acts import Agreed, Wanted, make_many
from accounts.services.pending_acts.registry import Facts
from kernel.ids import encode
from kernel.transactions import needs_transaction
from wallets.choices import TransferKind
from wallets.errors import ReferenceReused
from wallets.services.payouts.beneficiaries import keep_beneficiary, kept_payout
from wallets.services.transfers.planning import Draft
from wallets.services.transfers.requests import (
    CaptureOf,
    Consent,
    ReversalOf,
    TransferOutcome,
    TransferRequest,
)

PAYMENT = "wallets.payment"
ADJUSTMENT = "wallets.adjustment"
REVERSAL = "wallets.reversal"


@needs_transaction
def wait(drafts: Sequence[Draft]) -> dict[bytes, TransferOutcome]:
    """Leave pending acts in place of the payments, in a constant number of statements.

    What was asked for before under its reference answers with the act that stands.
    """
    acts = make_many([_wanted(draft) for draft in drafts]) if drafts else []
    outcomes = {}
    for draft, act in zip(drafts, acts, strict=True):
        outcomes[draft.request.reference] = outcome = _outcome(draft.request, act)
        if outcome.error is None and not outcome.replayed:
            _keep_payee(draft)
    return outcomes


@needs_transaction
def _keep_payee(draft: Draft) -> None:
    """The facts say nothing of an account at a bank: it waits sealed, under the same reference."""
    request = draft.request
    if request.payout is not None:
        keep_beneficiary(
            actor=request.actor,
            organization_id=draft.organization_id,
            to=request.payout,
            reference=request.reference,
            now=request.now,
        )


def _outcome(request: TransferRequest, act: PendingAct) -> TransferOutcome:
    if bytes(act.fingerprint) != request.fingerprint:
        return TransferOutcome(None, ReferenceReused())
    return TransferOutcome(None, replayed=act.made_at != request.now, pending_act=act)


def _wanted(draft: Draft) -> Wanted:
    request, source, destination = draft.request, draft.source, draft.destination
    by_staff = request.actor.is_platform
    hold, approval = request.hold, draft.approval
    owner_id = destination.owner_id if destination else None
    as_shown = hold or request.reversal
    return Wanted(
        actor=request.actor,
        kind=_kind_of(draft),
        organization_id=None if by_staff else draft.organization_id,
        facts={
            "kind": str(request.kind),
            "source": encode("wal", source.id) if source else None,
            "destination": encode("wal", destination.id) if destination else None,
            "source_handle": source.handle if source else "",
            "destination_handle": _shown(draft),
            "payee_id": str(owner_id) if owner_id else None,
            "description": request.description,
            "metadata": dict(request.metadata),
            "external_reference": request.external_reference,
            "effective_at": request.effective_at and request.effective_at.isoformat(),
            # The payer's own approval: spent by now, and told on the transfer.
            "approval_method": approval.method if approval else None,
            "approval_id": str(approval.approval_id) if approval else None,
            # The fee that was agreed to; of a capture or reversal it is decided under the locks.
            "fee_minor": None if as_shown else draft.fee_minor,
            "reversal": request.reversal and _reversal_facts(request.reversal),
            "payout": request.payout is not None,
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


def _shown(draft: Draft) -> str:
    """Where the money goes, as it is shown."""
    payout = draft.request.payout
    return draft.destination.handle if draft.destination else payout.shown if payout else ""


def _kind_of(draft: Draft) -> str:
    """Each is judged by what it takes: cash, given back or not, is another right than reversing."""
    if not draft.request.actor.is_platform:
        return PAYMENT
    return REVERSAL if draft.source and draft.destination else ADJUSTMENT


def request_of(agreed: Agreed) -> TransferRequest:
    """The payment again, asked for by its maker as they are now, at the time of the consent."""
    act, facts, at = agreed.act, agreed.facts, agreed.facts.get("effective_at")
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
        external_reference=facts.get("external_reference"),
        effective_at=dt.datetime.fromisoformat(at) if at else None,
        hold=_hold(facts["hold"]),
        reversal=_reversal(facts.get("reversal")),
        payout=kept_payout(bytes(act.reference)) if facts.get("payout") else None,
        consent=_consent(agreed),
    )


def _consent(agreed: Agreed) -> Consent:
    facts, checker = agreed.facts, agreed.checker
    assert checker.id is not None  # a person
    method, approval_id = facts.get("approval_method"), facts.get("approval_id")
    return Consent(
        act_id=agreed.act.id,
        checker_id=checker.id,
        checker_display=checker.display,
        approval=Spent(uuid.UUID(approval_id), method) if approval_id and method else None,
    )


def _reversal_facts(back: ReversalOf) -> dict[str, object]:
    return {
        "transfer_id": str(back.transfer_id),
        "transaction_ids": [str(one) for one in back.transaction_ids],
        "returns_fee": back.returns_fee,
        "spent_at": back.spent_at.isoformat(),
    }


def _reversal(facts: Facts | None) -> ReversalOf | None:
    if facts is None:
        return None
    return ReversalOf(
        transfer_id=uuid.UUID(facts["transfer_id"]),
        transaction_ids=tuple(uuid.UUID(one) for one in facts["transaction_ids"]),
        returns_fee=facts["returns_fee"],
        spent_at=dt.datetime.fromisoformat(facts["spent_at"]),
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
