"""May this movement stand? Decided under the locks, in memory, without a statement.

The database decides the same again when the entries arrive; this judgment exists so that one
refused movement gets a reason and does not sink its neighbors.
"""

from __future__ import annotations

import uuid
from collections import Counter

from kernel.money import MAX_MINOR
from ledger.choices import AccountKind, AccountStatus
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
    PostingRefused,
)
from ledger.policy import change_minor
from ledger.services.locking import LockedAccounts, Standing
from ledger.services.movements import Leg, Movement, Refused

# For each posting, for each leg: the leg, its account, the resulting balance and version.
Judged = list[list[tuple[Leg, Standing, int, int]]]


def judge(
    movement: Movement, locked: LockedAccounts, active: frozenset[uuid.UUID]
) -> Judged | Refused:
    """Judge one movement; if it may stand, move the standings on, else leave them untouched.

    :param active: the organizations that may move money, read after the locks.
    """
    changes: Counter[uuid.UUID] = Counter()
    for posting in movement.postings:
        if posting.organization_id not in active:
            return Refused(OrganizationInactive(), posting.legs[0].account_id)
        for leg in posting.legs:
            account = locked.accounts.get(leg.account_id)
            if account is None or account.organization_id != posting.organization_id:
                return Refused(AccountNotFound(), leg.account_id)
            change = _change(leg, account)
            refusal = _refusal_by_state(account, movement.currency, change)
            if refusal:
                return Refused(refusal, leg.account_id)
            changes[leg.account_id] += change
    for account_id, change in changes.items():
        refusal = _refusal_by_balance(locked.accounts[account_id], change)
        if refusal:
            return Refused(refusal, account_id)
    return _applied(movement, locked)


def _refusal_by_state(account: Standing, currency: str, change: int) -> PostingRefused | None:
    if account.currency != currency:
        return CurrencyMismatch()
    if account.status == AccountStatus.SUSPENDED:
        return AccountSuspended()
    if account.status == AccountStatus.CLOSED:
        return AccountClosed()
    if account.status == AccountStatus.FROZEN and change < 0:
        return AccountFrozen()
    return None


def _refusal_by_balance(account: Standing, change: int) -> PostingRefused | None:
    posted = account.posted_minor + change
    below = account.floor_minor is not None and posted - account.held_minor < account.floor_minor
    if change < 0 and below:
        return InsufficientFunds()
    if change > 0 and account.ceiling_minor is not None and posted > account.ceiling_minor:
        return (
            ClearingCapExceeded() if account.kind == AccountKind.CLEARING else BalanceOutOfRange()
        )
    if not -MAX_MINOR <= posted <= MAX_MINOR:
        return BalanceOutOfRange()
    return None


def _applied(movement: Movement, locked: LockedAccounts) -> Judged:
    judged: Judged = []
    for posting in movement.postings:
        results = []
        for leg in posting.legs:
            account = locked.accounts[leg.account_id]
            account.posted_minor += _change(leg, account)
            account.version += 1
            results.append((leg, account, account.posted_minor, account.version))
        judged.append(results)
    return judged


def _change(leg: Leg, account: Standing) -> int:
    return change_minor(
        account_class=account.account_class, side=leg.side, amount_minor=leg.amount_minor
    )
