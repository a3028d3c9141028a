"""What the bank's word makes true in the books: the payout left, or its money is free again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from events.saga import Case
from kernel.actor import Actor
from kernel.errors import InvariantBroken
from kernel.transactions import needs_transaction
from ledger.choices import TransactionKind
from ledger.services import shapes
from ledger.services.accounts import ensure_cash_account
from ledger.services.holds import void_hold
from ledger.services.movements import Capture, Movement, Posted
from ledger.services.posting import post
from wallets.choices import TransferState
from wallets.errors import PayoutDeclined, PayoutTimedOut, PayoutUndelivered
from wallets.models import Transfer
from wallets.services.payouts.telling import tell_ended
from wallets.services.transfers.knowing import Limits
from wallets.services.transfers.limits import Spending, SpendingGuard
from wallets.services.transfers.reserving import COUNTED_ON

_REASONS = {
    "timed_out": PayoutTimedOut.code,
    "attempts_exhausted": PayoutUndelivered.code,
    PayoutDeclined.code: PayoutDeclined.code,
}


@needs_transaction
def complete(case: Case, result: Mapping[str, object], now: dt.datetime) -> None:
    """The rail has paid: see `book_paid`."""
    reference = str(result.get("reference") or "")
    book_paid(case, actor=case.actor, rail_reference=reference, now=now)


@needs_transaction
def give_back(case: Case, result: Mapping[str, object], now: dt.datetime) -> None:
    """The rail will never pay: see `book_failed`."""
    book_failed(case, actor=case.actor, now=now)


@needs_transaction
def book_paid(case: Case, *, actor: Actor, rail_reference: str, now: dt.datetime) -> Transfer:
    """Take the money out of the hold: debit the wallet, credit cash at bank, and the fee.

    A wallet or an organization that was stopped meanwhile takes it all the same: the bank has paid.
    Locks the transfer, then the accounts. Records and emits what `tell_ended` says.

    :raises PostingRefused: what the books refuse: too little cash at bank.
    """
    transfer = _processing(case)
    (posted,) = post([_movement(transfer, now=now)], now=now)
    if not isinstance(posted, Posted):
        raise posted.error
    transfer.state = TransferState.COMPLETED
    transfer.completed_at = posted.recorded_at
    transfer.source_transaction_id = posted.transaction_ids[0]
    transfer.save(update_fields=["state", "completed_at", "source_transaction"])
    tell_ended(transfer, actor=actor, rail_reference=rail_reference, now=now)
    return transfer


@needs_transaction
def book_failed(case: Case, *, actor: Actor, now: dt.datetime) -> Transfer:
    """Let the hold go, and give the limits back. Only once the rail will never pay it.

    Locks the transfer, then the account and the hold. Records and emits what `tell_ended` says.
    """
    transfer = _processing(case)
    if transfer.hold_id is None:
        raise InvariantBroken("a payout that waits has a hold")
    void_hold(hold_id=transfer.hold_id, now=now)
    _unspend(transfer, counted_on=case.data.get(COUNTED_ON))
    transfer.state = TransferState.FAILED
    transfer.reason_code = _REASONS.get(case.reason, PayoutDeclined.code)
    transfer.save(update_fields=["state", "reason_code"])
    tell_ended(transfer, actor=actor, rail_reference="", now=now)
    return transfer


def _processing(case: Case) -> Transfer:
    locked = Transfer.objects.select_for_update(of=("self",), no_key=True)
    transfer = locked.get(id=case.subject_id)
    if transfer.state != TransferState.PROCESSING:
        raise InvariantBroken(f"payout {transfer.id} is {transfer.state} already")
    return transfer


def _movement(transfer: Transfer, *, now: dt.datetime) -> Movement:
    hold = transfer.hold
    if hold is None:
        raise InvariantBroken("a payout that waits has a hold")
    cash = ensure_cash_account(
        organization_id=transfer.organization_id, currency=transfer.currency_id, now=now
    )
    return Movement(
        kind=TransactionKind.CAPTURE,
        currency=transfer.currency_id,
        reference=bytes(transfer.reference),
        postings=shapes.cash_out(
            organization_id=transfer.organization_id,
            cash=cash,
            wallet=hold.account_id,
            amount_minor=transfer.amount_minor,
        ),
        effective_at=now,
        transfer_id=transfer.id,
        description=transfer.description,
        capture=Capture(
            hold.id,
            hold.account_id,
            transfer.amount_minor,
            final=True,
            fee_account_id=hold.fee_account_id,
        ),
        happened_outside=True,
    )


@needs_transaction
def _unspend(transfer: Transfer, *, counted_on: object) -> None:
    """Out of the windows that counted it, if they still run; the account's lock is held by now.

    :param counted_on: a day as ISO 8601 has it; None where no limit counted it.
    """
    wallet = transfer.source
    if wallet is None or wallet.owner_id is None or counted_on is None:
        return
    spending = Spending(
        wallet_id=wallet.id,
        organization_id=wallet.organization_id,
        person=(wallet.owner_id, wallet.currency_id),
        limits=Limits(None, None),
        of_tier=None,
        day=dt.date.fromisoformat(str(counted_on)),
        amount_minor=-transfer.amount_minor,
    )
    back = Movement(
        kind=TransactionKind.WITHDRAWAL,
        currency=transfer.currency_id,
        reference=bytes(transfer.reference),
        postings=(),
        effective_at=transfer.created_at,
    )
    guard = SpendingGuard({back.reference: spending})
    guard.ask([back], locking=True)
    guard.learn()
    guard.accept(back)
    guard.write()
