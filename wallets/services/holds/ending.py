"""Taking money out of a hold, and letting it go."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping

from accounts.policy import require
from kernel.actor import Actor
from kernel.context import reading
from kernel.errors import PermissionDenied
from kernel.ids import encode
from kernel.transactions import opens_transaction
from ledger.choices import HoldState
from ledger.errors import HoldEnded
from ledger.services import holds as ledger_holds
from wallets.choices import TransferKind
from wallets.models import WalletHold
from wallets.policy import may_void
from wallets.queries import hold_of
from wallets.services.holds.telling import tell
from wallets.services.transfers import (
    CaptureOf,
    TransferOutcome,
    TransferRequest,
    execute_together,
)


def capture_hold(
    *,
    actor: Actor,
    hold_id: uuid.UUID,
    amount_minor: int | None,
    final: bool,
    reference: bytes,
    fingerprint: bytes,
    now: dt.datetime,
    description: str = "",
    metadata: Mapping[str, object] | None = None,
    approval_id: uuid.UUID | None = None,
) -> TransferOutcome:
    """Pay reserved money to the wallet it is reserved for: a transfer of kind `capture`.

    It takes its share of the fee that is reserved with it, by the part that it takes of the amount.

    :raises WalletHoldNotFound: if there is no such hold, or none that may be seen.
    :raises QueueFull: if too many requests wait already.
    """
    request = capture_request(
        actor=actor,
        hold_id=hold_id,
        amount_minor=amount_minor,
        final=final,
        reference=reference,
        fingerprint=fingerprint,
        now=now,
        description=description,
        metadata=metadata,
        approval_id=approval_id,
    )
    return execute_together(request)


def capture_request(
    *,
    actor: Actor,
    hold_id: uuid.UUID,
    amount_minor: int | None,
    final: bool,
    reference: bytes,
    fingerprint: bytes,
    now: dt.datetime,
    description: str = "",
    metadata: Mapping[str, object] | None = None,
    approval_id: uuid.UUID | None = None,
) -> TransferRequest:
    """A capture as execution takes it, and as `rehearse_transfers` does.

    :param amount_minor: minor units; None takes all that is left.
    :param final: whether what is left after it is free again; otherwise it can be captured later.
    :raises WalletHoldNotFound: if there is no such hold, or none that may be seen.
    """
    with reading(actor):
        hold = hold_of(actor=actor, hold_id=hold_id)
    # Nothing left is asked for as it was: the books say that the hold has ended, on the record.
    wanted = hold.hold.remaining_minor or hold.hold.amount_minor
    return TransferRequest(
        actor=actor,
        kind=TransferKind.CAPTURE,
        source=encode("wal", hold.source_id),
        destination=encode("wal", hold.destination_id),
        amount_minor=wanted if amount_minor is None else amount_minor,
        currency=hold.currency_id,
        description=description or hold.description,
        metadata=metadata or {},
        reference=reference,
        fingerprint=fingerprint,
        now=now,
        hold=CaptureOf(hold_id=hold_id, final=final, fee_account_id=hold.hold.fee_account_id),
        approval_id=approval_id,
    )


@opens_transaction
def void_hold(*, actor: Actor, hold_id: uuid.UUID, now: dt.datetime) -> WalletHold:
    """Free what is left of a hold and its fee; one that was voided before is given back as it is.

    Locks the account, then the hold. Records `wallets.hold.void`, emits `wallets.hold.voided`.

    :raises WalletHoldNotFound: if there is no such hold, or none that may be seen.
    :raises PermissionDenied: unless the actor could capture it, or has `holds.void_any` here.
    :raises HoldEnded: if it was captured whole, or its time has run out.
    """
    hold = hold_of(actor=actor, hold_id=hold_id)
    payer = (hold.organization_id, hold.source.owner_id)
    payee_organization = hold.counterparty_organization_id or hold.organization_id
    payee = (payee_organization, _owner_at_home(hold))
    if not may_void(actor, payer=payer, payee=payee):
        raise PermissionDenied()
    if actor.is_platform:
        require(actor, "holds.void_any")
    if hold.hold.state == HoldState.VOIDED:
        return hold
    try:
        ledger_holds.void_hold(hold_id=hold_id, now=now)
    except HoldEnded:
        # Under the lock it may turn out that somebody else voided it meanwhile.
        hold.hold.refresh_from_db()
        if hold.hold.state != HoldState.VOIDED:
            raise
        return hold
    hold.hold.refresh_from_db()
    tell(actor=actor, hold=hold, verb="void", happened="voided", now=now)
    return hold


def _owner_at_home(hold: WalletHold) -> uuid.UUID | None:
    """The payee's holder; across organizations its wallet is hidden, and nobody's business here."""
    if hold.counterparty_organization_id is not None:
        return None
    return hold.destination.owner_id
