"""Journals and their reversals as facts of a pending act, and back."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping

from accounts.models import PendingAct
from accounts.services.pending_acts import Agreed, make_pending
from kernel.actor import Actor
from kernel.transactions import needs_transaction
from ledger.choices import Side
from ledger.errors import JournalReferenceReused
from ledger.services.journals.orders import JournalLeg, JournalOrder, ReversalOrder

POST = "ledger.post_journal"
JOURNAL = "ledger.journal"
REVERSAL = "ledger.journal_reversal"


@needs_transaction
def wait_for_second(
    *,
    actor: Actor,
    kind: str,
    facts: Mapping[str, object],
    reference: bytes,
    now: dt.datetime,
) -> PendingAct:
    """Leave a pending act: the organization's own, or the platform's where staff ask.

    :raises JournalReferenceReused: if the reference waits, or waited, with another content.
    """
    act = make_pending(
        actor=actor,
        kind=kind,
        organization_id=actor.organization_id,
        facts=facts,
        reference=reference,
        now=now,
    )
    if act.facts != facts:
        raise JournalReferenceReused()
    return act


def facts_of_order(order: JournalOrder) -> dict[str, object]:
    """A journal as plain JSON."""
    return {
        "organization_id": str(order.organization_id),
        "legs": [
            {
                "account_id": str(leg.account_id),
                "side": str(leg.side),
                "amount_minor": leg.amount_minor,
                "currency": leg.currency,
            }
            for leg in order.legs
        ],
        "description": order.description,
        "effective_at": _text(order.effective_at),
    }


def facts_of_reversal(order: ReversalOrder) -> dict[str, object]:
    """A reversal as plain JSON; entries by their `seq`."""
    amounts = order.amounts_minor
    return {
        "transaction_id": str(order.transaction_id),
        "description": order.description,
        "amounts_minor": None
        if amounts is None
        else [[seq, amounts[seq]] for seq in sorted(amounts)],
        "effective_at": _text(order.effective_at),
    }


def order_of(agreed: Agreed) -> JournalOrder:
    """The journal that was asked for. Without a date of its own it counts from the consent on."""
    facts = agreed.facts
    return JournalOrder(
        organization_id=uuid.UUID(facts["organization_id"]),
        legs=tuple(
            JournalLeg(
                account_id=uuid.UUID(leg["account_id"]),
                side=Side(leg["side"]),
                amount_minor=leg["amount_minor"],
                currency=leg["currency"],
            )
            for leg in facts["legs"]
        ),
        description=facts["description"],
        reference=bytes(agreed.act.reference),
        effective_at=_instant(facts["effective_at"]),
    )


def reversal_of(agreed: Agreed) -> ReversalOrder:
    """The reversal that was asked for."""
    facts = agreed.facts
    listed = facts["amounts_minor"]
    return ReversalOrder(
        transaction_id=uuid.UUID(facts["transaction_id"]),
        description=facts["description"],
        reference=bytes(agreed.act.reference),
        amounts_minor=None if listed is None else dict(listed),
        effective_at=_instant(facts["effective_at"]),
    )


def _text(moment: dt.datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _instant(text: str | None) -> dt.datetime | None:
    return None if text is None else dt.datetime.fromisoformat(text)
