"""What posting takes and gives back."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections.abc import Mapping

from ledger.choices import Side, TransactionKind
from ledger.errors import PostingRefused


@dataclasses.dataclass(frozen=True, slots=True)
class Leg:
    """A debit or credit of a positive number of minor units on one account.

    :param reverses: id of the entry this leg undoes, in a reversal.
    """

    account_id: uuid.UUID
    side: Side
    amount_minor: int
    reverses: int | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Posting:
    """The legs that become one balanced transaction in one organization's books.

    :param reverses: id of the transaction this one undoes, in a reversal.
    :param closing: legs that join a reversal whose own legs undo the last of what they name, each
        by what is left of its entry. Whether they do is known under the locks only.
    """

    organization_id: uuid.UUID
    legs: tuple[Leg, ...]
    reverses: uuid.UUID | None = None
    closing: tuple[Leg, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Capture:
    """Taking reserved money: the amount leaves the hold and the hold's account at once.

    :param account_id: the hold's account.
    :param amount_minor: what the hold gives; the movement debits the account with at least that.
    :param final: whether the rest of the hold is released with it.
    :param fee_account_id: the hold's fee account, to be locked with the others. The fee's share of
        the capture joins under the locks.
    """

    hold_id: uuid.UUID
    account_id: uuid.UUID
    amount_minor: int
    final: bool = False
    fee_account_id: uuid.UUID | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Movement:
    """One or more postings that stand or fall together: one inside an organization, two across.

    :param currency: the currency every account of the movement must hold; None lets each leg be in
        its account's, balanced in each currency.
    :param reference: 32 bytes, unique for ever in each organization's books.
    :param effective_at: when it counts; from the door, or earlier. Never later than it is recorded.
    :param happened_outside: it books what a bank has done already. Whoever was stopped meanwhile,
        the account or its organization, cannot undo that; only a closed account refuses it. The
        database lets pass what captures the hold of a payout that waits for its bank.
    """

    kind: TransactionKind
    currency: str | None
    reference: bytes
    postings: tuple[Posting, ...]
    effective_at: dt.datetime
    transfer_id: uuid.UUID | None = None
    description: str = ""
    capture: Capture | None = None
    happened_outside: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Balance:
    """What an account shows, in minor units on its normal side."""

    posted_minor: int
    held_minor: int
    available_minor: int


@dataclasses.dataclass(frozen=True, slots=True)
class Posted:
    """The movement stands in the books, or, after a rehearsal, could.

    :param transaction_ids: one for each posting, in order; empty when nothing was written.
    :param joined_minor: debits of the legs that joined under the locks, in minor units.
    :param balances: after a rehearsal: what each touched account would show.
    """

    transaction_ids: tuple[uuid.UUID, ...] = ()
    recorded_at: dt.datetime | None = None
    joined_minor: int = 0
    balances: Mapping[uuid.UUID, Balance] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, slots=True)
class Refused:
    """The movement left no trace in the books.

    :param account_id: the account that refused it.
    """

    error: PostingRefused
    account_id: uuid.UUID
