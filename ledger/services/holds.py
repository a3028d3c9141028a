"""Reserving money on an account and letting it go again. Capturing is a posting; see `Capture`."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db import connection

from accounts.services.runtime import require_money_moves
from kernel.actor import Actor
from kernel.ids import new_id
from kernel.rows import insert_rows
from kernel.transactions import needs_transaction, opens_transaction
from ledger.choices import AccountStatus, HoldState
from ledger.errors import (
    AccountClosed,
    AccountFrozen,
    AccountNotFound,
    AccountSuspended,
    CurrencyMismatch,
    HoldEnded,
    HoldNotFound,
    InsufficientFunds,
    OrganizationInactive,
    PostingRefused,
)
from ledger.models import Hold
from ledger.services.locking import (
    Standing,
    Standings,
    asked_standings,
    lock_accounts,
    take_standings,
)
from ledger.services.movements import Balance
from ledger.services.reserving import Holds, holds_of, tell_expired

# How many accounts one run of the reaper frees; the next run takes the rest.
MAX_REAPED = 500

_COLUMNS = {
    "id": "uuid",
    "organization_id": "uuid",
    "account_id": "uuid",
    "currency_id": "text",
    "amount_minor": "bigint",
    "fee_minor": "bigint",
    "fee_account_id": "uuid",
    "state": "text",
    "reference": "bytea",
    "placed_at": "timestamptz",
    "expires_at": "timestamptz",
}
_STOPPED: dict[str, type[PostingRefused]] = {
    AccountStatus.FROZEN: AccountFrozen,
    AccountStatus.SUSPENDED: AccountSuspended,
    AccountStatus.CLOSED: AccountClosed,
}
# Accounts first, as everywhere; who is busy posting on one releases its holds anyway.
_OVERDUE = (
    "SELECT a.id FROM ledger_ledgeraccount a WHERE a.id IN ("
    " SELECT h.account_id FROM ledger_hold h WHERE h.state = 'OPEN' AND h.expires_at <= %s"
    " ORDER BY h.expires_at LIMIT %s)"
    " ORDER BY a.id FOR NO KEY UPDATE SKIP LOCKED"
)


@needs_transaction
def place_hold(
    *,
    organization_id: uuid.UUID,
    account_id: uuid.UUID,
    amount_minor: int,
    currency: str,
    reference: bytes,
    expires_at: dt.datetime,
    now: dt.datetime,
    fee_minor: int = 0,
    fee_account_id: uuid.UUID | None = None,
) -> uuid.UUID:
    """Reserve minor units of an account's available balance until a time; give the hold's id.

    A fee is reserved on top of the amount; captures take it in shares to the fee's account.

    Locks the account, then the organization with its books. Overdue holds of the account are
    released first.

    :raises OrganizationInactive: if the organization may not move money.
    :raises AccountNotFound: if the organization has no such account.
    :raises AccountFrozen: and its kin, if the account is not active.
    :raises CurrencyMismatch: if the account holds another currency.
    :raises InsufficientFunds: if less than amount and fee is available.
    """
    require_money_moves()
    standings = take_standings(account_ids=[account_id], organization_ids=[organization_id])
    account = _usable(standings, organization_id, account_id, currency)
    _release_overdue(standings, now=now)
    free_minor = account.posted_minor - account.held_minor - (account.floor_minor or 0)
    if amount_minor + fee_minor > free_minor:
        raise InsufficientFunds()
    hold_id = new_id()
    row = (
        hold_id,
        organization_id,
        account_id,
        currency,
        amount_minor,
        fee_minor,
        fee_account_id,
        HoldState.OPEN,
        reference,
        now,
        expires_at,
    )
    insert_rows(table="ledger_hold", columns=_COLUMNS, rows=[row])
    return hold_id


def rehearse_hold(
    *,
    organization_id: uuid.UUID,
    account_id: uuid.UUID,
    amount_minor: int,
    currency: str,
    now: dt.datetime,
    fee_minor: int = 0,
) -> Balance:
    """Say what `place_hold` would say now, and what the account would show after it.

    Takes no lock and writes no row. Raises what `place_hold` does.
    """
    with asked_standings(
        account_ids=[account_id], organization_ids=[organization_id], locking=False
    ) as read:
        standings = read()
    account = _usable(standings, organization_id, account_id, currency)
    reserved = [account_id] if account.held_minor else []
    holds = holds_of(captured=(), reserved_accounts=reserved, now=now, locking=False)
    held_minor = account.held_minor - sum(hold.reserved_minor for hold in holds.overdue())
    free_minor = account.posted_minor - held_minor - (account.floor_minor or 0)
    reserved_minor = amount_minor + fee_minor
    if reserved_minor > free_minor:
        raise InsufficientFunds()
    return Balance(account.posted_minor, held_minor + reserved_minor, free_minor - reserved_minor)


def _usable(
    standings: Standings, organization_id: uuid.UUID, account_id: uuid.UUID, currency: str
) -> Standing:
    books = standings.books.get(organization_id)
    if books is None or not books.active:
        raise OrganizationInactive()
    account = standings.accounts.get(account_id)
    if account is None or account.organization_id != organization_id:
        raise AccountNotFound()
    if account.status in _STOPPED:
        raise _STOPPED[account.status]()
    if account.currency != currency:
        raise CurrencyMismatch()
    return account


def _release_overdue(standings: Standings, *, now: dt.datetime) -> Holds:
    reserved = {account.id for account in standings.accounts.values() if account.held_minor}
    holds = holds_of(captured=(), reserved_accounts=reserved, now=now)
    lapsed = holds.overdue()
    for hold in lapsed:
        standings.accounts[hold.account_id].held_minor -= hold.release(HoldState.EXPIRED)
    holds.write()
    tell_expired(lapsed, now=now)
    return holds


@needs_transaction
def void_hold(*, hold_id: uuid.UUID, now: dt.datetime) -> Hold:
    """Let go what is left of an open hold. Locks its account, then the hold.

    :raises HoldNotFound: if there is no such hold.
    :raises HoldEnded: if it has ended, or its time has run out.
    """
    account_id = Hold.objects.values_list("account_id", flat=True).filter(id=hold_id).first()
    if account_id is None:
        raise HoldNotFound()
    lock_accounts([account_id])
    holds = holds_of(captured=[hold_id], reserved_accounts=(), now=now)
    hold = holds.get(hold_id)
    if hold.state != HoldState.OPEN or hold.expires_at <= now:
        raise HoldEnded(facts={"state": str(hold.state)})
    hold.release(HoldState.VOIDED)
    holds.write()
    return Hold.objects.get(id=hold_id)


@opens_transaction
def reap_overdue_holds(*, actor: Actor, now: dt.datetime, most: int = MAX_REAPED) -> int:
    """Release overdue holds that no posting has met yet; say how many accounts were freed.

    Accounts somebody else has locked are left for the next run. Emits `ledger.hold.expired` and
    records `ledger.hold.expire` for each hold.
    """
    with connection.cursor() as cursor:
        cursor.execute(_OVERDUE, [now, most])
        account_ids = [row[0] for row in cursor.fetchall()]
    if not account_ids:
        return 0
    holds = holds_of(captured=(), reserved_accounts=account_ids, now=now)
    lapsed = holds.overdue()
    for hold in lapsed:
        hold.release(HoldState.EXPIRED)
    holds.write()
    tell_expired(lapsed, now=now)
    return len(account_ids)
