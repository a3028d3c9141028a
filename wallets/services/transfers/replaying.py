"""What stands under a reference already answers for whoever asks again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kernel.errors import VaultCraftError, registered_errors
from wallets.choices import TransferKind, TransferState
from wallets.errors import ReferenceReused
from wallets.models import Transfer
from wallets.services.transfers.requests import TransferOutcome, TransferRequest


def replayed(item: TransferRequest, transfer: Transfer) -> TransferOutcome:
    """What happened under the item's reference, if it is the same request."""
    if bytes(transfer.fingerprint) != item.fingerprint:
        return TransferOutcome(None, ReferenceReused())
    return TransferOutcome(transfer, error_of(transfer), replayed=True)


def error_of(transfer: Transfer) -> VaultCraftError | None:
    """The error a transfer was refused with, rebuilt from its stored code; None if it was not.

    A payout that reserved its money was not: what became of it since is told by reading it.
    """
    if transfer.kind == TransferKind.PAYOUT and transfer.hold_id is not None:
        return None
    if transfer.state not in (TransferState.FAILED, TransferState.CANCELLED):
        return None
    return registered_errors()[transfer.reason_code]()


def in_order(
    items: Sequence[TransferRequest],
    known: Mapping[bytes, Transfer],
    fresh: Mapping[bytes, TransferOutcome],
) -> list[TransferOutcome]:
    """One outcome for each item; a reference that comes twice is answered the second time, too."""
    outcomes = []
    answered: set[bytes] = set()
    for item in items:
        stored = known.get(item.reference)
        if stored is None and item.reference in answered:
            stored = fresh[item.reference].transfer
        outcomes.append(replayed(item, stored) if stored else fresh[item.reference])
        answered.add(item.reference)
    return outcomes


def spoiled(items: Sequence[TransferRequest], known: Mapping[bytes, Transfer]) -> bool:
    """Whether a reference that stands already, or comes twice, refuses an item."""
    stored = [replayed(item, known[item.reference]) for item in items if item.reference in known]
    asked = {(item.reference, item.fingerprint) for item in items}
    twice = len(asked) > len({item.reference for item in items})
    return twice or any(outcome.error for outcome in stored)
