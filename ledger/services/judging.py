"""May this movement stand? Decided under the locks, in memory, without a statement.

The database decides the same again when the entries arrive; this judgment exists so that one
refused movement gets a reason and does not sink its neighbors.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections import Counter
from collections.abc import Mapping

from kernel.money import MAX_MINOR
from ledger.choices import AccountKind, AccountStatus, Side
from ledger.errors import (
    AccountClosed,
    AccountFrozen,
    AccountNotFound,
    AccountSuspended,
    BalanceOutOfRange,
    ClearingCapExceeded,
    CurrencyMismatch,
    InsufficientFunds,
    OrganizationInactive,
    PeriodClosed,
    PostingRefused,
    ReversalExceedsOriginal,
    UnbalancedJournal,
)
from ledger.policy import change_minor
from ledger.services.joining import joined
from ledger.services.locking import Standing, Standings
from ledger.services.movements import Leg, Movement, Refused
from ledger.services.reserving import Holds, HoldStanding
from ledger.services.undoing import Undoable

# For each leg, those that joined last: the leg, its account, the resulting balance and version.
JudgedPosting = list[tuple[Leg, Standing, int, int]]
Judged = list[JudgedPosting]


@dataclasses.dataclass(frozen=True, slots=True)
class Bench:
    """Everything a judgment looks at, read under the locks and moved on with each movement."""

    standings: Standings
    holds: Holds
    undoable: Undoable

    def effective_at(self, movement: Movement) -> dt.datetime:
        """When the movement counts: a door's clock may run ahead of the books', a date may not."""
        return min(movement.effective_at, self.standings.recorded_at)


@dataclasses.dataclass(frozen=True, slots=True)
class Ruling:
    """A movement that may stand, and what it changes."""

    movement: Movement
    changes: Mapping[uuid.UUID, int]
    hold: HoldStanding | None = None


def judge(movement: Movement, bench: Bench) -> Ruling | Refused:
    """Judge one movement, with the legs that join it; nothing is changed."""
    movement = joined(movement, holds=bench.holds, undoable=bench.undoable)
    changes: dict[uuid.UUID, int] = {}
    for posting in movement.postings:
        refused = _refused_by_books(movement, posting.organization_id, bench)
        if refused:
            return Refused(refused, posting.legs[0].account_id)
        for leg in posting.legs:
            account = bench.standings.accounts.get(leg.account_id)
            if account is None or account.organization_id != posting.organization_id:
                return Refused(AccountNotFound(), leg.account_id)
            change = _change(leg, account)
            refusal = _refusal_by_state(account, movement, change)
            if refusal:
                return Refused(refusal, leg.account_id)
            changes[leg.account_id] = changes.get(leg.account_id, 0) + change
    first = movement.postings[0].legs[0].account_id
    if movement.currency is None and not _balanced(movement, bench):
        return Refused(UnbalancedJournal(), first)
    undone = _undone(movement)
    if undone and not bench.undoable.allows(undone):
        return Refused(ReversalExceedsOriginal(), first)
    return _ruled(movement, changes, bench)


def _ruled(movement: Movement, changes: Mapping[uuid.UUID, int], bench: Bench) -> Ruling | Refused:
    """The balances, with what a capture frees."""
    capture = movement.capture
    hold: HoldStanding | None = None
    if capture:
        found = bench.holds.wanted(capture)
        if isinstance(found, PostingRefused):
            return Refused(found, movement.postings[0].legs[0].account_id)
        hold = found
    for account_id, change in changes.items():
        freed = hold.frees(capture) if hold and capture and hold.account_id == account_id else 0
        refusal = _refusal_by_balance(bench.standings.accounts[account_id], change, freed)
        if refusal:
            return Refused(refusal, account_id)
    return Ruling(movement, changes, hold)


def _refused_by_books(
    movement: Movement, organization_id: uuid.UUID, bench: Bench
) -> PostingRefused | None:
    books = bench.standings.books.get(organization_id)
    if books is None or not (books.active or movement.happened_outside):
        return OrganizationInactive()
    if books.closed_before and bench.effective_at(movement) < books.closed_before:
        return PeriodClosed(facts={"closed_before": books.closed_before.isoformat()})
    return None


def _refusal_by_state(account: Standing, movement: Movement, change: int) -> PostingRefused | None:
    if movement.currency is not None and account.currency != movement.currency:
        return CurrencyMismatch()
    if account.status == AccountStatus.CLOSED:
        return AccountClosed()
    if movement.happened_outside:
        return None
    if account.status == AccountStatus.SUSPENDED:
        return AccountSuspended()
    if account.status == AccountStatus.FROZEN and change < 0:
        return AccountFrozen()
    return None


def _refusal_by_balance(account: Standing, change: int, freed: int) -> PostingRefused | None:
    posted = account.posted_minor + change
    held = account.held_minor - freed
    below = account.floor_minor is not None and posted - held < account.floor_minor
    if change < 0 and below:
        return InsufficientFunds()
    if change > 0 and account.ceiling_minor is not None and posted > account.ceiling_minor:
        return (
            ClearingCapExceeded() if account.kind == AccountKind.CLEARING else BalanceOutOfRange()
        )
    if not -MAX_MINOR <= posted <= MAX_MINOR:
        return BalanceOutOfRange()
    return None


def _balanced(movement: Movement, bench: Bench) -> bool:
    """Whether debits and credits are equal in each posting and currency."""
    for posting in movement.postings:
        sums: Counter[str] = Counter()
        for leg in posting.legs:
            signed = leg.amount_minor if leg.side == Side.DEBIT else -leg.amount_minor
            sums[bench.standings.accounts[leg.account_id].currency] += signed
        if any(sums.values()):
            return False
    return True


def _undone(movement: Movement) -> Mapping[int, int]:
    undone: dict[int, int] = {}
    for posting in movement.postings:
        for leg in posting.legs:
            if leg.reverses is not None:
                undone[leg.reverses] = undone.get(leg.reverses, 0) + leg.amount_minor
    return undone


def apply(ruling: Ruling, bench: Bench) -> Judged:
    """Move the standings on by a movement that stands."""
    movement = ruling.movement
    if movement.capture and ruling.hold:
        account = bench.standings.accounts[ruling.hold.account_id]
        account.held_minor -= ruling.hold.frees(movement.capture)
        ruling.hold.take(movement.capture)
    bench.undoable.take(_undone(movement))
    judged: Judged = []
    for posting in movement.postings:
        results = []
        for leg in posting.legs:
            account = bench.standings.accounts[leg.account_id]
            account.posted_minor += _change(leg, account)
            account.version += 1
            results.append((leg, account, account.posted_minor, account.version))
        judged.append(results)
    return judged


def _change(leg: Leg, account: Standing) -> int:
    return change_minor(
        account_class=account.account_class, side=leg.side, amount_minor=leg.amount_minor
    )
