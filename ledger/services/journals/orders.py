"""What somebody wants written by hand, and what became of it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections.abc import Mapping

from ledger.choices import Side
from ledger.errors import PostingRefused
from ledger.services.movements import Balance

MAX_LEGS = 100


@dataclasses.dataclass(frozen=True, slots=True)
class JournalLeg:
    """One line of a journal; the currency must be the account's, so that minor units mean one."""

    account_id: uuid.UUID
    side: Side
    amount_minor: int
    currency: str


@dataclasses.dataclass(frozen=True, slots=True)
class JournalOrder:
    """What somebody wants written.

    :param reference: 32 bytes that name this wish for ever in the organization's books.
    :param effective_at: from when it counts; None for now. Never in the future.
    """

    organization_id: uuid.UUID
    legs: tuple[JournalLeg, ...]
    description: str
    reference: bytes
    effective_at: dt.datetime | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class ReversalOrder:
    """What somebody wants undone.

    :param amounts_minor: by `seq` of the original's entries; None for all that is left of each.
    """

    transaction_id: uuid.UUID
    description: str
    reference: bytes
    amounts_minor: Mapping[int, int] | None = None
    effective_at: dt.datetime | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class JournalOutcome:
    """The transaction that stands in the books; `replayed` when it stood there before."""

    transaction_id: uuid.UUID
    replayed: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Rehearsal:
    """What would become of a journal or its reversal now: the balances after it, or the refusal."""

    balances: Mapping[uuid.UUID, Balance]
    refusal: PostingRefused | None = None
