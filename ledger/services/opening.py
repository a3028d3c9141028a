"""Writing one account's row, below its heading in the organization's chart."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db import connection

from kernel.ids import new_id
from kernel.transactions import needs_transaction
from ledger.charts import SystemAccount
from ledger.choices import AccountStatus
from ledger.errors import CurrencyUnknown
from ledger.models import Currency, LedgerAccount

_HEADING = (
    "(SELECT id FROM ledger_accountgroup"
    " WHERE organization_id = %s AND code = %s AND account_class = %s)"
)


def require_currency(currency: str) -> None:
    """Go on only with a supported currency.

    :raises CurrencyUnknown: if it is not in the table of currencies.
    """
    if not Currency.objects.filter(code=currency).exists():
        raise CurrencyUnknown(facts={"currency": currency})


@needs_transaction
def ensure_system_account(
    *,
    organization_id: uuid.UUID,
    currency: str,
    account: SystemAccount,
    now: dt.datetime,
    counterparty_id: uuid.UUID | None = None,
) -> uuid.UUID:
    """The account of this code and currency, opened at first use.

    :raises CurrencyUnknown: if the currency is not in the table of currencies.
    """
    require_currency(currency)
    insert_account(
        new_id(),
        organization_id=organization_id,
        currency=currency,
        account=account,
        counterparty_id=counterparty_id,
        now=now,
        once=True,
    )
    return LedgerAccount.objects.values_list("id", flat=True).get(
        organization_id=organization_id, currency_id=currency, code=account.code
    )


@needs_transaction
def insert_account(
    account_id: uuid.UUID,
    *,
    organization_id: uuid.UUID,
    currency: str,
    account: SystemAccount,
    now: dt.datetime,
    counterparty_id: uuid.UUID | None = None,
    once: bool = False,
) -> None:
    """Write one account; with `once`, nothing where its code stands already.

    Balances, version and ceiling are missing: the application role may not write them.

    :raises django.db.IntegrityError: when the code stands already, without `once`.
    """
    values: dict[str, uuid.UUID | str | int | dt.datetime | None] = {
        "id": account_id,
        "organization_id": organization_id,
        "kind": account.kind,
        "account_class": account.account_class,
        "currency_id": currency,
        "code": account.code,
        "name": account.name,
        "counterparty_id": counterparty_id,
        "status": AccountStatus.ACTIVE,
        "floor_minor": account.floor_minor,
        "created_at": now,
    }
    # Whichever rule sees the rival first: there is one account of the code, and one of the kind.
    conflict = " ON CONFLICT DO NOTHING" if once else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO ledger_ledgeraccount ({', '.join(values)}, parent_id)"  # noqa: S608
            f" VALUES ({', '.join(['%s'] * len(values))}, {_HEADING}){conflict}",
            (*values.values(), organization_id, account.heading, account.account_class),
        )
