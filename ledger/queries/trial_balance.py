"""The trial balance: every account on the side where it stands, and the sums of both sides.

The accounts are a query set, so that the database pages and sums: nobody needs all rows at once.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections.abc import Iterable

from django.db import connection
from django.db.models import (
    BigIntegerField,
    Case,
    ExpressionWrapper,
    QuerySet,
    Value,
    When,
    Window,
)
from django.db.models.functions import RowNumber

from ledger.choices import AccountClass, Axis, Side
from ledger.models import LedgerAccount
from ledger.policy import normal_side
from ledger.queries.balances import shown_minor

_SHEET = ("organization_id", "currency_id")
_DEBIT_CLASSES = [one for one in AccountClass if normal_side(one) == Side.DEBIT]

# OFFSET 0 keeps the balance of an account from being found once for each sum.
_TOTALS = """
    SELECT organization_id, currency, exponent, count(*),
           sum(greatest(net, 0)), sum(greatest(-net, 0))
    FROM ({accounts} OFFSET 0) AS account (organization_id, currency, exponent, net)
    GROUP BY organization_id, currency, exponent ORDER BY organization_id, currency
"""


@dataclasses.dataclass(frozen=True, slots=True)
class TrialBalanceRow:
    """One account's balance, on the side where it stands; the other side is zero.

    Amounts are minor units and never negative: an account below zero stands on its other side.
    """

    organization_id: uuid.UUID
    account_id: uuid.UUID
    currency: str
    exponent: int
    code: str
    name: str
    account_class: str
    debit_minor: int
    credit_minor: int


@dataclasses.dataclass(frozen=True, slots=True)
class TrialBalanceTotal:
    """The two sums of one organization and currency. In sound books they are equal."""

    organization_id: uuid.UUID
    currency: str
    exponent: int
    accounts: int
    debit_minor: int
    credit_minor: int

    @property
    def balanced(self) -> bool:
        return self.debit_minor == self.credit_minor


def trial_balance(
    *,
    organization_id: uuid.UUID | None = None,
    currency: str | None = None,
    as_of: dt.datetime | None = None,
    axis: Axis = Axis.RECORDED,
    known_at: dt.datetime | None = None,
) -> QuerySet[LedgerAccount]:
    """Every account by organization, currency and code; `net_minor` is its debit balance.

    One statement however it is asked. Now costs the same whatever was posted; an instant costs one
    bisection for each account with an entry since.

    :param as_of: now, or an instant inclusive.
    :param known_at: only what was recorded by then counts, on either axis. What is read of one
        `stable_until` agrees, however often and in however many parts it is read.
    """
    rows = LedgerAccount.objects.select_related("currency").order_by(*_SHEET, "code")
    if organization_id:
        rows = rows.filter(organization_id=organization_id)
    if currency:
        rows = rows.filter(currency_id=currency)
    shown = shown_minor(as_of=as_of, axis=axis, known_at=known_at)
    grows_on_debit = When(account_class__in=_DEBIT_CLASSES, then=shown)
    other = ExpressionWrapper(shown * Value(-1), output_field=BigIntegerField())
    return rows.annotate(
        net_minor=Case(grows_on_debit, default=other, output_field=BigIntegerField())
    )


def trial_balance_rows(accounts: Iterable[LedgerAccount]) -> list[TrialBalanceRow]:
    """Accounts out of a `trial_balance`, each on its side."""
    return [_row(account) for account in accounts]


def first_of_each_sheet(accounts: QuerySet[LedgerAccount], *, most: int) -> QuerySet[LedgerAccount]:
    """The first accounts by code of each organization and currency, out of a `trial_balance`."""
    place = Window(RowNumber(), partition_by=list(_SHEET), order_by="code")
    return accounts.annotate(place=place).filter(place__lte=most)


def trial_balance_totals(accounts: QuerySet[LedgerAccount]) -> list[TrialBalanceTotal]:
    """The sums of a `trial_balance` per organization and currency, added up by the database.

    Minor units are never added across currencies.
    """
    columns = accounts.order_by().values_list(*_SHEET, "currency__exponent", "net_minor")
    text, values = columns.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_TOTALS.format(accounts=text), values)
        found = cursor.fetchall()
    # Sums are numeric there: they may pass what an account can hold.
    return [
        TrialBalanceTotal(organization_id, currency, exponent, count, int(debit), int(credit))
        for organization_id, currency, exponent, count, debit, credit in found
    ]


def _row(account: LedgerAccount) -> TrialBalanceRow:
    net_minor: int = account.net_minor  # type: ignore[attr-defined] # annotated
    return TrialBalanceRow(
        organization_id=account.organization_id,
        account_id=account.id,
        currency=account.currency_id,
        exponent=account.currency.exponent,
        code=account.code,
        name=account.name,
        account_class=account.account_class,
        debit_minor=max(net_minor, 0),
        credit_minor=max(-net_minor, 0),
    )
