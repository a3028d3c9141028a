"""Money that enters and leaves the platform, against the organization's cash at bank."""

from __future__ import annotations

import datetime as dt

from kernel.actor import Actor
from wallets.choices import TransferKind
from wallets.services.transfers import TransferOutcome, TransferRequest, execute_transfers


def deposit(
    *,
    actor: Actor,
    wallet: str,
    amount_minor: int,
    currency: str,
    external_reference: str,
    reference: bytes,
    fingerprint: bytes,
    now: dt.datetime,
    description: str = "",
    effective_at: dt.datetime | None = None,
) -> TransferOutcome:
    """Record money that arrived at the bank for a wallet.

    :param external_reference: the bank's own, unique among the organization's deposits.
    :param effective_at: from when it counts, as the bank dates it; None for now.
    :raises ExternalReferenceUsed: if another deposit has it.
    """
    request = TransferRequest(
        actor=actor,
        kind=TransferKind.DEPOSIT,
        source=None,
        destination=wallet,
        amount_minor=amount_minor,
        currency=currency,
        external_reference=external_reference,
        description=description,
        effective_at=effective_at,
        reference=reference,
        fingerprint=fingerprint,
        now=now,
    )
    return execute_transfers([request])[0]


def withdraw(
    *,
    actor: Actor,
    wallet: str,
    amount_minor: int,
    currency: str,
    external_reference: str,
    reference: bytes,
    fingerprint: bytes,
    now: dt.datetime,
    description: str = "",
    effective_at: dt.datetime | None = None,
) -> TransferOutcome:
    """Record money that left the bank from a wallet.

    :param external_reference: the bank's own, unique among the organization's withdrawals.
    :param effective_at: from when it counts, as the bank dates it; None for now.
    :raises ExternalReferenceUsed: if another withdrawal has it.
    """
    request = TransferRequest(
        actor=actor,
        kind=TransferKind.WITHDRAWAL,
        source=wallet,
        destination=None,
        amount_minor=amount_minor,
        currency=currency,
        external_reference=external_reference,
        description=description,
        effective_at=effective_at,
        reference=reference,
        fingerprint=fingerprint,
        now=now,
    )
    return execute_transfers([request])[0]
