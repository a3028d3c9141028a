"""Asking for a payout."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping

from accounts.policy import require
from kernel.actor import Actor
from wallets.choices import TransferKind
from wallets.errors import PayoutsUnavailable
from wallets.rails import has_rail
from wallets.services.payouts.accounts import Account
from wallets.services.transfers import TransferOutcome, TransferRequest, execute_transfers


def ask_payout(*, request: TransferRequest) -> TransferOutcome:
    """Reserve the money and begin to pay it out: a transfer of kind `payout`, PROCESSING.

    Judged as any payment of the wallet: permission, network, approval, limits, thresholds, fee. The
    saga that `saga.PAYOUT` describes ends it, COMPLETED or FAILED. The account is kept sealed with
    the transfer or the pending act; what is turned away without either leaves nothing behind, so
    that the same key may ask again, as with transfers.

    :param request: from `payout_request`.
    :raises PermissionDenied: without the permission to pay at all.
    :raises PayoutsUnavailable: if the installation has no rail.
    """
    require(request.actor, "transfers.create")
    if not has_rail():
        raise PayoutsUnavailable()
    return execute_transfers([request])[0]


def payout_request(
    *,
    actor: Actor,
    source: str,
    account: Account,
    amount_minor: int,
    currency: str,
    reference: bytes,
    fingerprint: bytes,
    now: dt.datetime,
    description: str = "",
    metadata: Mapping[str, object] | None = None,
    expected_fee_minor: int | None = None,
    approval_id: uuid.UUID | None = None,
) -> TransferRequest:
    """A payout as execution takes it, and as `rehearse_transfers` does."""
    return TransferRequest(
        actor=actor,
        kind=TransferKind.PAYOUT,
        source=source,
        destination=None,
        amount_minor=amount_minor,
        currency=currency,
        description=description,
        metadata=metadata or {},
        reference=reference,
        fingerprint=fingerprint,
        now=now,
        expected_fee_minor=expected_fee_minor,
        payout=account.to,
        approval_id=approval_id,
    )
