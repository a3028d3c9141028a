"""What execution takes and gives back."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections.abc import Mapping

from accounts.models import PendingAct
from accounts.services.approvals import Spent
from kernel.actor import Actor
from kernel.errors import VaultCraftError
from wallets.choices import TransferKind
from wallets.models import Transfer
from wallets.services.payouts.accounts import PayoutTo


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CaptureOf:
    """The hold a capture takes from.

    :param final: whether what is left of the hold is released with it.
    :param fee_account_id: the income account that the hold's fee goes to, if it has a fee.
    """

    hold_id: uuid.UUID
    final: bool = False
    fee_account_id: uuid.UUID | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ReversalOf:
    """The transfer that is given back, whole or in part.

    :param transaction_ids: what it wrote: one transaction, or one on each side.
    :param returns_fee: whether the last of the amount takes the fee with it.
    :param spent_at: when it was asked for; limits are given back in the window of that instant.
    """

    transfer_id: uuid.UUID
    transaction_ids: tuple[uuid.UUID, ...]
    returns_fee: bool
    spent_at: dt.datetime


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """What makes requests one thing to approve: all items of one batch of a door.

    :param reference: 32 bytes, those of the first item.
    :param items_hash: 32 bytes that name the items as they were asked for, in order.
    """

    reference: bytes
    items_hash: bytes
    count: int
    all_or_nothing: bool = False


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """That a second person has agreed, and what the payer's own approval was, if there was one."""

    act_id: uuid.UUID
    checker_id: uuid.UUID
    checker_display: str
    approval: Spent | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TransferRequest:
    """One movement as it was asked for. Each item of a batch carries all of it.

    :param source: wallet id (``wal_...``) or handle (``VC-...``); None for a deposit.
    :param destination: the same; None for a withdrawal or payout.
    :param amount_minor: minor units of `currency`, 1 to 2^53 - 1.
    :param reference: 32 bytes from `reference_of`, unique for ever.
    :param fingerprint: 32 bytes that change when anything asked for changes.
    :param now: from the door; becomes the effective time, unless `effective_at` says another.
    :param expected_fee_minor: the fee the payer agreed to; another one is refused `fee_changed`.
    :param effective_at: for cash: from when it counts; not later than `now`, nor before the
        organization's first day.
    :param hold: for a capture: the hold to take from.
    :param reversal: for a reversal: what is given back.
    :param payout: for a payout: where the money goes; kept sealed under the reference.
    :param approval_id: the approval that is presented; no part of what is asked, so it changes
        neither reference nor fingerprint.
    :param bundle: the batch it is approved with; None for a movement by itself.
    :param consent: of a second person; only who carries out pending acts says so.
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
    expected_fee_minor: int | None = None
    effective_at: dt.datetime | None = None
    hold: CaptureOf | None = None
    reversal: ReversalOf | None = None
    payout: PayoutTo | None = None
    approval_id: uuid.UUID | None = None
    bundle: Bundle | None = None
    consent: Consent | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class TransferOutcome:
    """What became of one request.

    A refusal that was recorded has both a transfer (FAILED or CANCELLED) and the error; one that
    names no two known wallets has the error alone. What takes a second person has neither: it is
    the pending act that waits, or whatever became of it since.

    :param replayed: whether it stood in the books before this call.
    """

    transfer: Transfer | None
    error: VaultCraftError | None = None
    replayed: bool = False
    pending_act: PendingAct | None = None
