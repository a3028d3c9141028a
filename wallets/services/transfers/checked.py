"""Carrying out a payment that a second person agreed to."""

from __future__ import annotations

from django.db import IntegrityError

from accounts.errors import BeneficiaryOfPendingAct
from accounts.services.pending_acts import Agreed, PendingKind, Result
from accounts.services.pending_acts.registry import Facts
from kernel.errors import Busy
from kernel.transactions import needs_transaction, tune
from wallets.choices import TransferKind
from wallets.errors import ExternalReferenceUsed
from wallets.services.lanes import LOCK_WAIT_MS
from wallets.services.transfers.execution import outcomes_of
from wallets.services.transfers.waiting import ADJUSTMENT, PAYMENT, REVERSAL, request_of


@needs_transaction
def pay(agreed: Agreed) -> Result:
    """Make the payment; what the books refuse is a FAILED transfer, as ever.

    Under the reference of the request, so that a client's late retry finds what came of it. Locks,
    records and emits as `execute_transfers` does.

    :raises Busy: if somebody with the same reference was faster.
    """
    tune(lock_wait_ms=LOCK_WAIT_MS)
    try:
        (outcome,) = outcomes_of([request_of(agreed)], all_or_nothing=False)
    except IntegrityError as error:
        if "transfer_external_reference" in str(error):
            raise ExternalReferenceUsed() from error
        if "reference" in str(error):
            raise Busy() from error
        raise
    transfer = outcome.transfer
    return Result("transfer", transfer.id if transfer else None, refused=outcome.error)


def allow_to_check_payment(agreed: Agreed) -> None:
    """Never who is paid.

    :raises BeneficiaryOfPendingAct: if the money would reach the checker's own wallet.
    """
    if agreed.facts.get("payee_id") == str(agreed.checker.id):
        raise BeneficiaryOfPendingAct()


def _summary(facts: Facts) -> str:
    label = TransferKind(facts["kind"]).label
    ends = facts["source_handle"] or "the bank", facts["destination_handle"] or "the bank"
    return f"{label} from {ends[0]} to {ends[1]}"


KIND = PendingKind(
    name=PAYMENT,
    title="Payment above the threshold",
    permission_to_make="transfers.create",
    permission_to_check="dual_control.check_payments",
    summarize=_summary,
    execute=pay,
    allow=allow_to_check_payment,
)
# Cash, and what staff give back for others: adjustments by hand, whatever the amount.
CASH_BY_STAFF = PendingKind(
    name=ADJUSTMENT,
    title="Movement by the staff",
    permission_to_make="cash.move",
    permission_to_check="cash.move",
    summarize=_summary,
    execute=pay,
)
REVERSAL_BY_STAFF = PendingKind(
    name=REVERSAL,
    title="Reversal by the staff",
    permission_to_make="transfers.reverse",
    permission_to_check="transfers.reverse",
    summarize=_summary,
    execute=pay,
)
