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
from wallets.services.payouts.beneficiaries import keep_beneficiary
from wallets.services.payouts.telling import tell_requested
from wallets.services.transfers.carrying import (
    AT_SOURCE,
    Carried,
    processing_row,
    refused_row,
    write,
)
from wallets.services.transfers.limits import SpendingGuard
from wallets.services.transfers.planning import Draft

PAYOUT = "wallets.payout"
# Of the saga's data: the day whose window, and whose month's, the limits counted it in.
COUNTED_ON = "counted_on"
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
    counted_on: dt.date | None = None
    if error is None:
        try:
            with undone_if_refused():
                hold_id = _reserved(draft)
                counted_on = _counted(draft, guards)
            draft = dataclasses.replace(draft, hold_id=hold_id)
        except (PostingRefused, CashInsufficient) as refusal:
            error = _of_wallet(refusal)
    if isinstance(error, DualControlRequired):
        return [Carried(None, None, waits=True)]
    if error is not None:
        done = refused_row(draft, error)
        write([draft], [done])
        return [done]
    return [_begun(draft, counted_on)]


def _of_wallet(refusal: VaultCraftError) -> VaultCraftError:
    """The books speak of accounts; say the same of the wallet."""
    words = next((words for kind, words in AT_SOURCE.items() if type(refusal) is kind), None)
    return words() if words else refusal


@needs_transaction
def _begun(draft: Draft, counted_on: dt.date | None) -> Carried:
    """The transfer, its beneficiary and the saga, which keeps in which day the limits count it."""
    done, request = processing_row(draft), draft.request
    if done.transfer is None or request.payout is None:
        raise InvariantBroken("a payout goes to an account at a bank")
    keep_beneficiary(
        actor=request.actor,
        organization_id=draft.organization_id,
        to=request.payout,
        reference=request.reference,
        now=request.now,
    )
    write([draft], [done])
    tell_requested(done.transfer, actor=request.actor, now=request.now)
    begin(
        name=PAYOUT,
        organization_id=draft.organization_id,
        subject_id=draft.id,
        request_id=request.actor.request_id,
        now=request.now,
        data={COUNTED_ON: counted_on.isoformat()} if counted_on else {},
    )
    return done


@needs_transaction
def _reserved(draft: Draft) -> uuid.UUID:
    request, source, movement = draft.request, draft.source, draft.movement
    if source is None or movement is None or request.kind != TransferKind.PAYOUT:
        raise InvariantBroken("a payout has a source and a shape")
    legs = movement.postings[0].legs
    _require_cash(legs[1].account_id, request.amount_minor)
    return place_hold(
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


@needs_transaction
def _counted(draft: Draft, guards: Sequence[Guard]) -> dt.date | None:
    """Count it where it counts, and say in which day of its limits; None if no limit counts it.

    :raises PostingRefused: what a guard says.
    """
    movement = draft.movement
    if movement is None:
        raise InvariantBroken("a payout has a shape")
    for guard in guards:
        guard.ask([movement], locking=True)
        guard.learn()
        refusal = guard.refusal(movement)
        if refusal is not None:
            raise refusal
    for guard in guards:
        guard.accept(movement)
        guard.write()
    found = (one.usage_of(movement) for one in guards if isinstance(one, SpendingGuard))
    return next((usage.day for usage in found if usage is not None), None)


def _require_cash(account_id: uuid.UUID, amount_minor: int) -> None:
    """What is not at the bank cannot be paid from there. Asked without a lock; booking it decides.

    :raises CashInsufficient: if there is less now.
    """
    cash = account_of(account_id)
    if cash.posted_minor - cash.held_minor - (cash.floor_minor or 0) < amount_minor:
        raise CashInsufficient()
