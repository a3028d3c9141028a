"""Opening accounts and moving them between states. Balances are none of this module's business."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection

from django.db import connection

from kernel.ids import new_id
from kernel.rows import insert_rows
from kernel.transactions import needs_transaction
from ledger.choices import AccountClass, AccountKind, AccountStatus
from ledger.errors import (
    AccountNotEmpty,
    AccountStateConflict,
    CurrencyUnknown,
    StoppedByPlatform,
)
from ledger.models import Currency, LedgerAccount
from ledger.policy import may_become
from ledger.services.locking import Standing, lock_account

# Balances, version and ceiling are missing: the application role may not write them.
_COLUMNS = {
    "id": "uuid",
    "organization_id": "uuid",
    "kind": "text",
    "account_class": "text",
    "currency_id": "text",
    "code": "text",
    "name": "text",
    "counterparty_id": "uuid",
    "status": "text",
    "floor_minor": "bigint",
    "created_at": "timestamptz",
}


@needs_transaction
def open_wallet_account(
    *, organization_id: uuid.UUID, currency: str, handle: str, name: str, now: dt.datetime
) -> uuid.UUID:
    """Open the liability account behind a customer wallet; it may not go below zero.

    :raises CurrencyUnknown: if the currency is not in the table of currencies.
    """
    require_currency(currency)
    account_id = new_id()
    row = (
        account_id,
        organization_id,
        AccountKind.WALLET,
        AccountClass.LIABILITY,
        currency,
        f"2000-{handle}",
        name,
        None,
        AccountStatus.ACTIVE,
        0,
        now,
    )
    insert_rows(table="ledger_ledgeraccount", columns=_COLUMNS, rows=[row])
    return account_id


@needs_transaction
def ensure_cash_account(
    *, organization_id: uuid.UUID, currency: str, now: dt.datetime
) -> uuid.UUID:
    """The organization's cash-at-bank account, an asset, opened at first use.

    :raises CurrencyUnknown: if the currency is not in the table of currencies.
    """
    return _ensure(
        organization_id=organization_id,
        currency=currency,
        kind=AccountKind.CASH,
        account_class=AccountClass.ASSET,
        code="1000-CASH",
        name="Cash at bank",
        counterparty_id=None,
        floor_minor=0,
        now=now,
    )


def cash_accounts(
    wanted: Collection[tuple[uuid.UUID, str]],
) -> dict[tuple[uuid.UUID, str], uuid.UUID]:
    """The cash accounts that exist, by (organization, currency); none is opened."""
    if not wanted:
        return {}
    rows = LedgerAccount.objects.filter(
        kind=AccountKind.CASH,
        organization_id__in={organization_id for organization_id, _ in wanted},
        currency_id__in={currency for _, currency in wanted},
    ).values_list("organization_id", "currency_id", "id")
    return {(organization, currency): account for organization, currency, account in rows}


def unopened_cash_account(*, organization_id: uuid.UUID, currency: str) -> Standing:
    """The cash account as `ensure_cash_account` would open it; nothing is written."""
    return Standing(
        id=new_id(),
        organization_id=organization_id,
        kind=AccountKind.CASH,
        account_class=AccountClass.ASSET,
        currency=currency,
        status=AccountStatus.ACTIVE,
        posted_minor=0,
        held_minor=0,
        floor_minor=0,
        ceiling_minor=None,
        version=0,
    )


@needs_transaction
def ensure_clearing_account(
    *,
    organization_id: uuid.UUID,
    counterparty_id: uuid.UUID,
    counterparty_name: str,
    currency: str,
    now: dt.datetime,
) -> uuid.UUID:
    """The account of what one organization owes another, opened at first use.

    A liability that may go negative: below zero it is a claim. The database opens it with a ceiling
    of zero; only agreed clearing caps raise that.

    :raises CurrencyUnknown: if the currency is not in the table of currencies.
    """
    return _ensure(
        organization_id=organization_id,
        currency=currency,
        kind=AccountKind.CLEARING,
        account_class=AccountClass.LIABILITY,
        code=f"2900-CLEARING-{counterparty_id}",
        name=f"Clearing with {counterparty_name}",
        counterparty_id=counterparty_id,
        floor_minor=None,
        now=now,
    )


@needs_transaction
def ensure_fee_account(*, organization_id: uuid.UUID, currency: str, now: dt.datetime) -> uuid.UUID:
    """The account of what the organization earned in fees, opened at first use.

    :raises CurrencyUnknown: if the currency is not in the table of currencies.
    """
    return _ensure(
        organization_id=organization_id,
        currency=currency,
        kind=AccountKind.FEE_INCOME,
        account_class=AccountClass.INCOME,
        code="4000-FEES",
        name="Fee income",
        counterparty_id=None,
        floor_minor=None,
        now=now,
    )


@needs_transaction
def change_status(
    *, account_id: uuid.UUID, wanted: AccountStatus, by_platform: bool = False
) -> Standing:
    """Move an account to another state, under its lock.

    :param by_platform: whether the platform does it; what it stops, only it can move again.
    :raises StoppedByPlatform: if somebody else would lift what the platform did.
    :raises AccountStateConflict: if the state machine has no such move from the current state.
    :raises AccountNotEmpty: if it is to be closed and holds or reserves money.
    """
    account = lock_account(account_id)
    stopped = LedgerAccount.objects.values_list("stopped_by_platform", flat=True).get(id=account_id)
    if stopped and not by_platform:
        raise StoppedByPlatform()
    # The platform may take over a stop that the organization made.
    stop = wanted in (AccountStatus.FROZEN, AccountStatus.SUSPENDED)
    taken_over = stop and by_platform and not stopped and account.status == wanted
    if not taken_over and not may_become(current=account.status, wanted=wanted):
        raise AccountStateConflict(
            f"From {account.status} there is no way to {wanted}.",
            facts={"status": account.status, "wanted": wanted},
        )
    if wanted == AccountStatus.CLOSED and (account.posted_minor or account.held_minor):
        raise AccountNotEmpty()
    LedgerAccount.objects.filter(id=account_id).update(
        status=wanted, stopped_by_platform=by_platform and wanted != AccountStatus.ACTIVE
    )
    account.status = wanted
    return account


def require_currency(currency: str) -> None:
    """Go on only with a supported currency.

    :raises CurrencyUnknown: if it is not in the table of currencies.
    """
    if not Currency.objects.filter(code=currency).exists():
        raise CurrencyUnknown(facts={"currency": currency})


def _ensure(
    *,
    organization_id: uuid.UUID,
    currency: str,
    kind: AccountKind,
    account_class: AccountClass,
    code: str,
    name: str,
    counterparty_id: uuid.UUID | None,
    floor_minor: int | None,
    now: dt.datetime,
) -> uuid.UUID:
    require_currency(currency)
    names = ", ".join(_COLUMNS)
    marks = ", ".join(["%s"] * len(_COLUMNS))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO ledger_ledgeraccount ({names}) VALUES ({marks})"  # noqa: S608 - constants
            " ON CONFLICT (organization_id, currency_id, code) DO NOTHING",
            [
                new_id(),
                organization_id,
                kind,
                account_class,
                currency,
                code,
                name,
                counterparty_id,
                AccountStatus.ACTIVE,
                floor_minor,
                now,
            ],
        )
    return LedgerAccount.objects.values_list("id", flat=True).get(
        organization_id=organization_id, currency_id=currency, code=code
    )
