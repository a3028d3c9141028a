"""What execution takes and gives back."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping

from kernel.actor import Actor
from kernel.errors import VaultCraftError
from wallets.choices import TransferKind
from wallets.models import Transfer


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TransferRequest:
    """One movement as it was asked for. Each item of a batch carries all of it.

    :param source: wallet id (``wal_...``) or handle (``VC-...``); None for a deposit.
    :param destination: the same; None for a withdrawal.
    :param amount_minor: minor units of `currency`, 1 to 2^53 - 1.
    :param reference: 32 bytes from `reference_of`, unique for ever.
    :param fingerprint: 32 bytes that change when anything asked for changes.
    :param now: from the door; becomes the effective time.
    """

    actor: Actor
    source: str | None
    destination: str | None
    amount_minor: int
    currency: str
    reference: bytes
    fingerprint: bytes
    now: dt.datetime
    description: str = ""
    metadata: Mapping[str, object] = dataclasses.field(default_factory=dict)
    kind: TransferKind = TransferKind.TRANSFER
    external_reference: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class TransferOutcome:
    """What became of one request.

    A refusal that was recorded has both a transfer (FAILED or CANCELLED) and the error; one that
    names no two known wallets has the error alone.

    :param replayed: whether it stood in the books before this call.
    """

    transfer: Transfer | None
    error: VaultCraftError | None = None
    replayed: bool = False
