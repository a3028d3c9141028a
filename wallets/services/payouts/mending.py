"""The way out of a payout that is stuck: two people of the staff say what becomes of it.

Nobody alone, whatever the settings say: they take the place of a bank's word. `AGAIN` decides
nothing, and only has the rail asked anew; `PAID` and `FAILED` are what a person read in the bank's
statement, and nothing takes them back.
"""

from __future__ import annotations

import datetime as dt
import uuid

from django.db import models

from accounts import policy
from accounts.errors import ChangedMeanwhile
from accounts.models import PendingAct
from accounts.services.networks.standing import from_known_network
from accounts.services.pending_acts import Agreed, PendingKind, Result
from accounts.services.pending_acts.making import make_pending
from accounts.services.pending_acts.registry import Facts
from audit.services import record
from events.choices import SagaState
from events.saga.leasing import case_of
from events.saga.mending import end_by_hand, lock_stuck, try_again
from events.saga.models import Saga
from kernel.actor import Actor
from kernel.ids import encode
from kernel.transactions import needs_transaction, opens_transaction
from wallets.errors import PayoutNotStuck, RemedyUnknown
from wallets.models import Transfer
from wallets.services.payouts.settling import book_failed, book_paid
from wallets.services.transfers.reserving import PAYOUT

MEND = "payouts.mend"
MAX_REASON = 200


class Remedy(models.TextChoices):
    """What is to become of a payout that is stuck."""

    AGAIN = "again", "Try again"
    PAID = "paid", "Settle as paid"
    FAILED = "failed", "Settle as failed"


@from_known_network(MEND)
@opens_transaction
def ask_to_mend(
    *, actor: Actor, saga_id: uuid.UUID, remedy: str, reason: str, now: dt.datetime
) -> PendingAct:
    """Ask that a payout that is stuck goes on, or ends; another person of the staff agrees.

    Locks the saga. The act waits, and nothing else has happened.

    :param remedy: one of `Remedy`.
    :param reason: what was seen where, as in the bank's statement; kept with act and audit record.
    :raises PermissionDenied: unless the actor carries `payouts.mend`.
    :raises RemedyUnknown: if there is no such remedy, or no reason is given.
    :raises PayoutNotStuck: if there is no such payout, or it is not stuck.
    :raises NetworkNotTrusted: if the actor is on a network that is new to them.
    """
    policy.require(actor, MEND)
    if remedy not in Remedy.values or not 0 < len(reason.strip()) <= MAX_REASON:
        raise RemedyUnknown()
    saga = _stuck(saga_id)
    transfer = Transfer.objects.get(id=saga.subject_id)
    return make_pending(
        actor=actor,
        kind=KIND.name,
        organization_id=None,
        facts={
            "organization_id": str(saga.organization_id),
            "saga_id": str(saga.id),
            "fence": saga.fence,
            "transfer": encode("trf", transfer.id),
            "source_handle": transfer.source_handle,
            "account": transfer.destination_handle,
            "remedy": remedy,
            "reason": reason.strip(),
        },
        amount_minor=transfer.amount_minor,
        currency=transfer.currency_id,
        now=now,
    )


@needs_transaction
def _stuck(saga_id: uuid.UUID) -> Saga:
    saga = lock_stuck(saga_id)
    if saga is None or saga.name != PAYOUT:
        raise PayoutNotStuck()
    return saga


@needs_transaction
def _mend(agreed: Agreed) -> Result:
    """Carry it out as its maker. Records `wallets.payout.mend`; the books tell what they do.

    Locks the saga, then what ends a payout locks.

    :raises PayoutNotStuck: if it goes on already, or has ended.
    :raises ChangedMeanwhile: if it went on and is stuck again: who asked saw another standing.
    :raises PostingRefused: what the books refuse; it stays stuck then.
    """
    saga = _stuck(uuid.UUID(agreed.facts["saga_id"]))
    if saga.fence != agreed.facts["fence"]:
        raise ChangedMeanwhile()
    remedy, case = Remedy(agreed.facts["remedy"]), case_of(saga)
    if remedy is Remedy.AGAIN:
        try_again(saga, now=agreed.now)
    elif remedy is Remedy.PAID:
        book_paid(case, actor=agreed.maker, rail_reference="", now=agreed.now)
        end_by_hand(saga, state=SagaState.COMPLETED, now=agreed.now)
    else:
        book_failed(case, actor=agreed.maker, now=agreed.now)
        end_by_hand(saga, state=SagaState.COMPENSATED, now=agreed.now)
    _tell(agreed, saga)
    return Result("transfer", saga.subject_id)


@needs_transaction
def _tell(agreed: Agreed, saga: Saga) -> None:
    record(
        actor=agreed.maker,
        action="wallets.payout.mend",
        subject_type="transfer",
        subject_id=saga.subject_id,
        organization_id=saga.organization_id,
        metadata={
            "saga_id": str(saga.id),
            "pending_act_id": str(agreed.act.id),
            "remedy": agreed.facts["remedy"],
            "reason": agreed.facts["reason"],
        },
        now=agreed.now,
    )


def _summary(facts: Facts) -> str:
    return f"{Remedy(facts['remedy']).label}: a payout that is stuck"


KIND = PendingKind(
    name="wallets.payout_mending",
    title="Payout that is stuck",
    permission_to_make=MEND,
    permission_to_check=MEND,
    summarize=_summary,
    execute=_mend,
)
