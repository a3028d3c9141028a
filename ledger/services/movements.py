"""What posting takes and gives back."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid

from ledger.choices import Side, TransactionKind
from ledger.errors import PostingRefused


@dataclasses.dataclass(frozen=True, slots=True)
class Leg:
    """A debit or credit of a positive number of minor units on one account."""

    account_id: uuid.UUID
    side: Side
    amount_minor: int


@dataclasses.dataclass(frozen=True, slots=True)
class Posting:
    """The legs that become one balanced transaction in one organization's books."""

    organization_id: uuid.UUID
    legs: tuple[Leg, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Movement:
    """One or more postings that stand or fall together: one inside an organization, two across.

    :param currency: the currency every account of the movement must hold.
    :param reference: 32 bytes, unique for ever in each organization's books.
    :param effective_at: when it counts, from the door.
    """

    kind: TransactionKind
    currency: str
    reference: bytes
    postings: tuple[Posting, ...]
    effective_at: dt.datetime
    transfer_id: uuid.UUID | None = None
    description: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Posted:
    """The movement stands in the books.

    :param transaction_ids: one for each posting, in order; empty when the batch was withheld.
    """

    transaction_ids: tuple[uuid.UUID, ...] = ()
    recorded_at: dt.datetime | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Refused:
    """The movement left no trace in the books.

    :param account_id: the account that refused it.
    """

    error: PostingRefused
    account_id: uuid.UUID
