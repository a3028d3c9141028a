"""Posting the drafts and writing what became of them, with evidence and events."""

from __future__ import annotations

import dataclasses
import datetime as dt
import operator
import uuid
from collections.abc import Sequence

from kernel.errors import VaultCraftError
from kernel.rows import insert_rows
from kernel.transactions import needs_transaction
from ledger.errors import (
    AccountClosed,
    AccountFrozen,
    AccountSuspended,
    InsufficientFunds,
    PostingRefused,
)
from ledger.services.guarding import Guard
from ledger.services.movements import Movement, Posted, Refused
from ledger.services.posting import post
from wallets.choices import TransferState
from wallets.errors import (
    BatchWithheld,
    CashInsufficient,
    DestinationClosed,
    DestinationSuspended,
    DualControlRequired,
    SourceClosed,
    SourceFrozen,
    SourceSuspended,
)
from wallets.models import Transfer
from wallets.services.transfers.planning import Draft
from wallets.services.transfers.telling import tell

# In the order of the model's fields, so that a row and an instance are made of the same values.
_COLUMNS = {
    "id": "uuid",
    "organization_id": "uuid",
    "counterparty_organization_id": "uuid",
    "source_id": "uuid",
    "destination_id": "uuid",
    "source_handle": "text",
    "source_holder": "text",
    "destination_handle": "text",
    "destination_holder": "text",
    "kind": "text",
    "state": "text",
    "reason_code": "text",
    "amount_minor": "bigint",
    "currency_id": "text",
    "description": "text",
    "metadata": "jsonb",
    "external_reference": "text",
    "reference": "bytea",
    "fingerprint": "bytea",
    "actor_kind": "text",
    "actor_id": "uuid",
    "actor_display": "text",
    "door": "text",
    "request_id": "text",
    "created_at": "timestamptz",
    "completed_at": "timestamptz",
    "fee_minor": "bigint",
    "hold_id": "uuid",
    "reverses_id": "uuid",
    "source_transaction_id": "uuid",
    "destination_transaction_id": "uuid",
    "effective_at": "timestamptz",
    "approval_method": "text",
    "approval_id": "uuid",
    "pending_act_id": "uuid",
    "checker_id": "uuid",
    "checker_display": "text",
}

# Who it is, the vault knows.
AT_A_BANK = "Bank account"

_values = operator.attrgetter(*_COLUMNS)

AT_SOURCE: dict[type[PostingRefused], type[VaultCraftError]] = {
    AccountFrozen: SourceFrozen,
    AccountSuspended: SourceSuspended,
    AccountClosed: SourceClosed,
}
_AT_DESTINATION: dict[type[PostingRefused], type[VaultCraftError]] = {
    AccountSuspended: DestinationSuspended,
    AccountClosed: DestinationClosed,
}
_ELSEWHERE: dict[type[PostingRefused], type[VaultCraftError]] = {
    InsufficientFunds: CashInsufficient,
}


@dataclasses.dataclass(frozen=True, slots=True)
class Carried:
    """A draft's row and, if it was refused, why. What waits for a second person has no row."""

    transfer: Transfer | None
    error: VaultCraftError | None
    waits: bool = False


@needs_transaction
def carry_out(
    drafts: Sequence[Draft], *, guards: Sequence[Guard], all_or_nothing: bool
) -> list[Carried]:
    """Post what may be posted and write one row for each draft, in a constant number of statements.

    A payment that takes a second person waits and has no row, except in a batch that stands or
    falls as a whole: there it is refused.
    Locks the accounts. Records and emits what `tell` says.
    """
    now = max(draft.request.now for draft in drafts)
    going = movements_of(drafts, all_or_nothing=all_or_nothing)
    results = iter(post(going, now=now, guards=guards, all_or_nothing=all_or_nothing))
    withheld = not going
    carried = []
    for draft in drafts:
        error = draft.refusal
        posted: Posted | None = None
        if error is None and not withheld:
            result = next(results)
            error = translated(draft, result) if isinstance(result, Refused) else None
            posted = result if isinstance(result, Posted) and result.transaction_ids else None
        waits = isinstance(error, DualControlRequired) and not all_or_nothing
        carried.append(Carried(None, None, waits) if waits else _carried(draft, posted, error))
    write(drafts, carried)
    return carried


def movements_of(drafts: Sequence[Draft], *, all_or_nothing: bool) -> list[Movement]:
    """What goes before the books: nothing of a whole batch with an item that is refused already."""
    if all_or_nothing and any(draft.refusal for draft in drafts):
        return []
    return [draft.movement for draft in drafts if draft.movement is not None]


def refused_row(draft: Draft, error: VaultCraftError) -> Carried:
    """A draft that nothing came of, and why."""
    return _carried(draft, None, error)


def processing_row(draft: Draft) -> Carried:
    """A draft whose money is reserved, and waits."""
    return Carried(_row(draft, TransferState.PROCESSING, ""), None)


def _carried(draft: Draft, posted: Posted | None, error: VaultCraftError | None) -> Carried:
    if posted is not None:
        return Carried(_row(draft, TransferState.COMPLETED, "", posted), None)
    error = error or BatchWithheld()
    withheld = isinstance(error, BatchWithheld)
    state = TransferState.CANCELLED if withheld else TransferState.FAILED
    return Carried(_row(draft, state, error.code), error)


def translated(draft: Draft, refused: Refused) -> VaultCraftError:
    """The books speak of accounts; say the same of the wallets the caller knows."""
    kind, words = type(refused.error), _ELSEWHERE
    if draft.source and refused.account_id == draft.source.account_id:
        words = AT_SOURCE
    elif draft.destination and refused.account_id == draft.destination.account_id:
        words = _AT_DESTINATION
    return words[kind]() if kind in words else refused.error


def _row(
    draft: Draft, state: TransferState, reason_code: str, posted: Posted | None = None
) -> Transfer:
    request, source, destination = draft.request, draft.source, draft.destination
    actor = request.actor
    completed_at, paid, received = _in_books(draft, posted)
    consent = request.consent
    # What a second person agreed to was approved by its payer when it was asked for.
    approval = draft.approval or (consent and consent.approval)
    values = (
        draft.id,
        draft.organization_id,
        draft.counterparty_id,
        source.id if source else None,
        destination.id if destination else None,
        source.handle if source else "",
        source.holder_name if source else "",
        destination.handle if destination else request.payout.shown if request.payout else "",
        destination.holder_name if destination else AT_A_BANK if request.payout else "",
        request.kind,
        state,
        reason_code,
        request.amount_minor,
        request.currency,
        request.description,
        dict(request.metadata),
        request.external_reference,
        request.reference,
        request.fingerprint,
        actor.kind.value,
        actor.id,
        actor.display,
        actor.door.value,
        actor.request_id,
        request.now,
        completed_at,
        draft.fee_minor + posted.joined_minor
        if posted
        else draft.fee_minor
        if draft.hold_id
        else 0,
        draft.hold_id or (request.hold.hold_id if request.hold else None),
        request.reversal.transfer_id if request.reversal else None,
        paid,
        received,
        request.effective_at if posted else None,
        approval.method if approval else "",
        approval.approval_id if approval else None,
        consent.act_id if consent else None,
        consent.checker_id if consent else None,
        consent.checker_display if consent else "",
    )
    return Transfer.from_db("default", list(_COLUMNS), values)


def _in_books(
    draft: Draft, posted: Posted | None
) -> tuple[dt.datetime | None, uuid.UUID | None, uuid.UUID | None]:
    """When it was recorded, and the transaction on the payer's and on the receiver's side."""
    if posted is None:
        return None, None, None
    first, last = posted.transaction_ids[0], posted.transaction_ids[-1]
    return posted.recorded_at, first if draft.source else None, last if draft.destination else None


@needs_transaction
def write(drafts: Sequence[Draft], carried: Sequence[Carried]) -> None:
    """Write the rows, and tell of those that are decided."""
    told = [
        (draft, done.transfer)
        for draft, done in zip(drafts, carried, strict=True)
        if done.transfer is not None
    ]
    transfers = sorted((transfer for _, transfer in told), key=lambda t: bytes(t.reference))
    insert_rows(
        table="wallets_transfer",
        columns=_COLUMNS,
        rows=[_values(transfer) for transfer in transfers],
    )
    tell([(draft, row) for draft, row in told if row.state != TransferState.PROCESSING])
