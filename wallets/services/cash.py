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
    request = cash_request(
        kind=TransferKind.DEPOSIT,
        actor=actor,
        wallet=wallet,
        amount_minor=amount_minor,
        currency=currency,
        external_reference=external_reference,
        reference=reference,
        fingerprint=fingerprint,
        now=now,
        description=description,
        effective_at=effective_at,
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
    request = cash_request(
        kind=TransferKind.WITHDRAWAL,
        actor=actor,
        wallet=wallet,
        amount_minor=amount_minor,
        currency=currency,
        external_reference=external_reference,
        reference=reference,
        fingerprint=fingerprint,
        now=now,
        description=description,
        effective_at=effective_at,
    )
    return execute_transfers([request])[0]


def cash_request(
    *,
    kind: TransferKind,
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
) -> TransferRequest:
    """A deposit or a withdrawal as execution takes it, and as `rehearse_transfers` does."""
    arriving = kind == TransferKind.DEPOSIT
    return TransferRequest(
        actor=actor,
        kind=kind,
        source=None if arriving else wallet,
        destination=wallet if arriving else None,
        amount_minor=amount_minor,
        currency=currency,
        external_reference=external_reference,
        description=description,
        effective_at=effective_at,
        reference=reference,
        fingerprint=fingerprint,
        now=now,
    )
