"""Giving back what a transfer moved, whole or in part, as a transfer in the other direction."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db.models import Sum

from kernel.actor import Actor
from kernel.context import Context, reading, reading_as
from kernel.ids import encode
from wallets.choices import TransferKind, TransferState
from wallets.errors import ReversalOfReversal, TransferNotCompleted
from wallets.models import Transfer
from wallets.policy import may_return_fee
from wallets.queries import transfer_of
from wallets.services.transfers import (
    ReversalOf,
    TransferOutcome,
    TransferRequest,
    execute_transfers,
)


def reverse_transfer(
    *,
    actor: Actor,
    transfer_id: uuid.UUID,
    amount_minor: int | None,
    reference: bytes,
    fingerprint: bytes,
    now: dt.datetime,
    description: str = "",
    approval_id: uuid.UUID | None = None,
) -> TransferOutcome:
    """Give back a completed transfer: a transfer of kind `reversal` from its receiver to its payer.

    Each leg of the original is undone by a leg of its own, which the database caps at what is left
    of it. A part gives back principal only; what gives back the last of it gives back the fee, too,
    unless it is another organization's to keep (see `may_return_fee`). Which part is the last is
    decided under the locks, for two may be asked for at once.
    Limits are given back in the window in which they were spent.

    Raises what `reversal_request` does.
    """
    request = reversal_request(
        actor=actor,
        transfer_id=transfer_id,
        amount_minor=amount_minor,
        reference=reference,
        fingerprint=fingerprint,
        now=now,
        description=description,
        approval_id=approval_id,
    )
    return execute_transfers([request])[0]


def reversal_request(
    *,
    actor: Actor,
    transfer_id: uuid.UUID,
    amount_minor: int | None,
    reference: bytes,
    fingerprint: bytes,
    now: dt.datetime,
    description: str = "",
    approval_id: uuid.UUID | None = None,
) -> TransferRequest:
    """A reversal as execution takes it, and as `rehearse_transfers` does.

    :param amount_minor: minor units; None gives back all that is left.
    :raises TransferNotFound: if there is no such transfer, or none that may be seen.
    :raises TransferNotCompleted: if nothing moved.
    :raises ReversalOfReversal: if it is a reversal itself.
    """
    original = _reversible(actor, transfer_id)
    # Nothing left is asked for as it was: the books refuse it, on the record.
    rest_minor = _left(original) or original.amount_minor
    return TransferRequest(
        actor=actor,
        kind=TransferKind.REVERSAL,
        source=_name(original.destination_id),
        destination=_name(original.source_id),
        amount_minor=rest_minor if amount_minor is None else amount_minor,
        currency=original.currency_id,
        description=description,
        reference=reference,
        fingerprint=fingerprint,
        now=now,
        reversal=ReversalOf(
            transfer_id=original.id,
            transaction_ids=_transactions(original),
            returns_fee=may_return_fee(actor, payer_organization_id=original.organization_id),
            spent_at=original.created_at,
        ),
        approval_id=approval_id,
    )


def _reversible(actor: Actor, transfer_id: uuid.UUID) -> Transfer:
    with reading(actor):
        original = transfer_of(actor=actor, transfer_id=transfer_id)
    if original.kind == TransferKind.REVERSAL:
        raise ReversalOfReversal()
    if original.state != TransferState.COMPLETED:
        raise TransferNotCompleted()
    return original


def _left(original: Transfer) -> int:
    """What of the amount was not given back yet, in minor units; the books look again."""
    both = (original.organization_id, original.counterparty_organization_id)
    with reading_as(Context(organizations=tuple(one for one in both if one))):
        back = Transfer.objects.filter(
            reverses_id=original.id, state=TransferState.COMPLETED
        ).aggregate(amount=Sum("amount_minor"))
    return original.amount_minor - (back["amount"] or 0)


def _transactions(original: Transfer) -> tuple[uuid.UUID, ...]:
    """What the original wrote, the receiver's side first: from there the money comes back."""
    both = (original.destination_transaction_id, original.source_transaction_id)
    return tuple(dict.fromkeys(one for one in both if one))


def _name(wallet_id: uuid.UUID | None) -> str | None:
    return encode("wal", wallet_id) if wallet_id else None
