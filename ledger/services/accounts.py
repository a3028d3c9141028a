"""Opening accounts and moving them between states. Balances are none of this module's business."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection

from kernel.ids import new_id
from kernel.transactions import needs_transaction
from ledger import charts
from ledger.charts import SystemAccount
from ledger.choices import AccountClass, AccountKind, AccountStatus
from ledger.errors import AccountNotEmpty, AccountStateConflict, StoppedByPlatform
from ledger.models import LedgerAccount
from ledger.policy import may_become
from ledger.services.locking import Standing, lock_account
from ledger.services.opening import ensure_system_account, insert_account, require_currency


@needs_transaction
def open_wallet_account(
    *, organization_id: uuid.UUID, currency: str, handle: str, name: str, now: dt.datetime
) -> uuid.UUID:
    """Open the liability account behind a customer wallet; it may not go below zero.

    :raises CurrencyUnknown: if the currency is not in the table of currencies.
    """
    require_currency(currency)
    account_id = new_id()
    insert_account(
        account_id,
        organization_id=organization_id,
        currency=currency,
        account=SystemAccount(
            code=f"2000-{handle}",
            name=name,
            kind=AccountKind.WALLET,
            account_class=AccountClass.LIABILITY,
            heading=charts.WALLETS,
            floor_minor=0,
        ),
        now=now,
    )
    return account_id


@needs_transaction
def ensure_cash_account(
    *, organization_id: uuid.UUID, currency: str, now: dt.datetime
) -> uuid.UUID:
    """The organization's cash-at-bank account, an asset, opened at first use.

    :raises CurrencyUnknown: if the currency is not in the table of currencies.
    """
    return ensure_system_account(
        organization_id=organization_id, currency=currency, account=charts.CASH, now=now
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
    return ensure_system_account(
        organization_id=organization_id,
        currency=currency,
        account=SystemAccount(
            code=f"2900-CLEARING-{counterparty_id}",
            name=f"Clearing with {counterparty_name}",
            kind=AccountKind.CLEARING,
            account_class=AccountClass.LIABILITY,
            heading=charts.CLEARING,
        ),
        counterparty_id=counterparty_id,
        now=now,
    )


@needs_transaction
def ensure_fee_account(*, organization_id: uuid.UUID, currency: str, now: dt.datetime) -> uuid.UUID:
    """The account of what the organization earned in fees, opened at first use.

    :raises CurrencyUnknown: if the currency is not in the table of currencies.
    """
    return ensure_system_account(
        organization_id=organization_id, currency=currency, account=charts.FEES, now=now
    )


@needs_transaction
def ensure_position_account(
    *, organization_id: uuid.UUID, currency: str, now: dt.datetime
) -> uuid.UUID:
    """The organization's position in a currency, where exchanges meet, opened at first use.

    :raises CurrencyUnknown: if the currency is not in the table of currencies.
    """
    return ensure_system_account(
        organization_id=organization_id, currency=currency, account=charts.POSITION, now=now
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
