"""Payouts when they are asked for: judged as a payment, and the money reserved instead of moved."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections.abc import Sequence

from events.saga import begin
from kernel.errors import InvariantBroken, VaultCraftError
from kernel.transactions import needs_transaction, undone_if_refused
from ledger.errors import PostingRefused
from ledger.queries import account_of
from ledger.services.guarding import Guard
from ledger.services.holds import place_hold
from wallets.choices import TransferKind
from wallets.errors import CashInsufficient, DualControlRequired
from wallets.services.payouts.telling import tell_requested
from wallets.services.transfers.carrying import (
    AT_SOURCE,
    Carried,
    processing_row,
    refused_row,
    write,
)
from wallets.services.transfers.planning import Draft

PAYOUT = "wallets.payout"
# Whether the bank was paid is for the bank to say, never for the time: this hold does not lapse.
KEPT = dt.timedelta(days=36_500)


@needs_transaction
def reserve_payouts(drafts: Sequence[Draft], *, guards: Sequence[Guard]) -> list[Carried]:
    """Reserve the money of one payout with its fee, and begin the saga that pays it.

    Locks the account as `place_hold` does, then what the guards lock. Limits and thresholds count
    it now. Emits `wallets.hold.placed` and `wallets.payout.requested`, and records both.

    :raises InvariantBroken: for more than one: payouts come alone.
    """
    if len(drafts) != 1:
        raise InvariantBroken("a payout is not part of a batch")
    draft, error = drafts[0], drafts[0].refusal
    if error is None:
        try:
            with undone_if_refused():
                draft = dataclasses.replace(draft, hold_id=_reserved(draft, guards))
        except (PostingRefused, CashInsufficient) as refusal:
            error = _of_wallet(refusal)
    if isinstance(error, DualControlRequired):
        return [Carried(None, None, waits=True)]
    return [_written(draft, error)]


def _of_wallet(refusal: VaultCraftError) -> VaultCraftError:
    """The books speak of accounts; say the same of the wallet."""
    words = next((words for kind, words in AT_SOURCE.items() if type(refusal) is kind), None)
    return words() if words else refusal


def _written(draft: Draft, error: VaultCraftError | None) -> Carried:
    done = processing_row(draft) if error is None else refused_row(draft, error)
    write([draft], [done])
    if error is None and done.transfer is not None:
        tell_requested(done.transfer, actor=draft.request.actor, now=draft.request.now)
        begin(
            name=PAYOUT,
            organization_id=draft.organization_id,
            subject_id=draft.id,
            request_id=draft.request.actor.request_id,
            now=draft.request.now,
        )
    return done


@needs_transaction
def _reserved(draft: Draft, guards: Sequence[Guard]) -> uuid.UUID:
    request, source, movement = draft.request, draft.source, draft.movement
    if source is None or movement is None or request.kind != TransferKind.PAYOUT:
        raise InvariantBroken("a payout has a source and a shape")
    legs = movement.postings[0].legs
    _require_cash(legs[1].account_id, request.amount_minor)
    hold_id = place_hold(
        organization_id=draft.organization_id,
        account_id=source.account_id,
        amount_minor=request.amount_minor,
        currency=request.currency,
        reference=request.reference,
        expires_at=request.now + KEPT,
        now=request.now,
        fee_minor=draft.fee_minor,
        fee_account_id=legs[3].account_id if draft.fee_minor else None,
    )
    for guard in guards:
        guard.ask([movement], locking=True)
        guard.learn()
        refusal = guard.refusal(movement)
        if refusal is not None:
            raise refusal
    for guard in guards:
        guard.accept(movement)
        guard.write()
    return hold_id


def _require_cash(account_id: uuid.UUID, amount_minor: int) -> None:
    """What is not at the bank cannot be paid from there. Asked without a lock; booking it decides.

    :raises CashInsufficient: if there is less now.
    """
    cash = account_of(account_id)
    if cash.posted_minor - cash.held_minor - (cash.floor_minor or 0) < amount_minor:
        raise CashInsufficient()
