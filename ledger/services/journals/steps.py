"""Steps that writing and undoing share."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable

from django.db import IntegrityError

from accounts.models import PendingAct
from accounts.queries import first_instant_of
from audit.services import record
from events.services import emit
from kernel.actor import Actor
from kernel.transactions import needs_transaction
from ledger.choices import AccountKind, TransactionKind
from ledger.errors import (
    AccountNotForJournals,
    PeriodClosed,
    PostingRefused,
)
from ledger.models import Transaction
from ledger.services.dating import check_date
from ledger.services.journals.orders import JournalOutcome, Rehearsal
from ledger.services.movements import Movement, Posted, Refused
from ledger.services.posting import post, rehearse

_BY_TRANSFER = frozenset({AccountKind.WALLET, AccountKind.CASH})


def again_after_a_rival(
    write: Callable[[], JournalOutcome | PendingAct],
) -> JournalOutcome | PendingAct:
    """Do it, once more if somebody with the same reference was faster: they have committed."""
    try:
        return write()
    except IntegrityError as error:
        if "transaction_reference" not in str(error):
            raise
    return write()


def check_kind(actor: Actor, kind: str, pointer: str) -> None:
    """Go on only if the actor may write to accounts of this kind by hand.

    :raises AccountNotForJournals: if not.
    """
    by_transfer = kind in _BY_TRANSFER and not actor.is_platform
    if kind == AccountKind.CLEARING or by_transfer:
        raise AccountNotForJournals(facts={"kind": kind}, pointer=pointer)


def effective_at_of(
    organization_id: uuid.UUID, wanted: dt.datetime | None, now: dt.datetime
) -> dt.datetime:
    """From when it counts: the wanted instant, or now. Raises what `check_date` does."""
    if wanted is None:
        return now
    check_date(wanted, first=first_instant_of(organization_id), now=now)
    return wanted


@needs_transaction
def posted(movement: Movement, now: dt.datetime) -> uuid.UUID:
    """Post one movement with one posting; the id of its transaction.

    :raises PostingRefused: if the books refuse it.
    """
    (result,) = post([movement], now=now)
    if isinstance(result, Posted):
        return result.transaction_ids[0]
    raise pointed(result, movement)


def rehearsed(movement: Callable[[], Movement], *, now: dt.datetime) -> Rehearsal:
    """What would become of a movement with one posting, or of the attempt to make it."""
    try:
        wanted = movement()
    except PostingRefused as refusal:
        return Rehearsal({}, refusal)
    (result,) = rehearse([wanted], now=now)
    if isinstance(result, Refused):
        return Rehearsal({}, pointed(result, wanted))
    return Rehearsal(result.balances)


def pointed(refused: Refused, movement: Movement) -> PostingRefused:
    """The refusal, pointing at the date it is about, or at the leg of the account that refused."""
    legs = movement.postings[0].legs
    index = next(i for i, leg in enumerate(legs) if leg.account_id == refused.account_id)
    if movement.kind == TransactionKind.JOURNAL and refused.error.pointer is None:
        dated = isinstance(refused.error, PeriodClosed)
        refused.error.pointer = "/effective_at" if dated else f"/legs/{index}/account"
    return refused.error


def standing(organization_id: uuid.UUID, reference: bytes) -> Transaction | None:
    """What stands under the reference already, with its entries."""
    rows = Transaction.objects.prefetch_related("entries")
    return rows.filter(organization_id=organization_id, reference=reference).first()


@needs_transaction
def tell(
    *,
    actor: Actor,
    transaction_id: uuid.UUID,
    movement: Movement,
    verb: str,
    happened: str,
    now: dt.datetime,
) -> None:
    """Leave the evidence and the event of one journal or reversal."""
    (posting,) = movement.postings
    facts: dict[str, object] = {
        "transaction_id": str(transaction_id),
        "reverses_transaction_id": str(posting.reverses) if posting.reverses else None,
        "entry_count": len(posting.legs),
        "effective_at": movement.effective_at.isoformat(),
    }
    record(
        actor=actor,
        action=f"ledger.journal.{verb}",
        subject_type="transaction",
        subject_id=transaction_id,
        organization_id=posting.organization_id,
        metadata=facts,
        now=now,
    )
    emit(
        name=f"ledger.journal.{happened}",
        organization_id=posting.organization_id,
        subject_id=transaction_id,
        payload=facts,
        actor=actor,
        now=now,
    )
