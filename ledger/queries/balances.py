"""Balances now and at an instant, and the trial balance.

Present balances are the kept ones: the database alone writes them, with the entries, and the
checker compares them with the sums. Past ones come from functions of the database whose cost does
not grow with the account (see the migration `as_of`).
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections.abc import Collection

from django.db.models import BigIntegerField, F, Func, QuerySet, Value
from django.db.models.expressions import Combinable

from kernel.errors import NotFound
from ledger.choices import Axis, Side
from ledger.models import LedgerAccount
from ledger.policy import normal_side


class BalanceAt(Func):
    """What the account of the row showed at an instant, in minor units on its normal side."""

    function = "ledger_balance_at"
    output_field = BigIntegerField()

    def __init__(self, *, as_of: dt.datetime, axis: Axis) -> None:
        super().__init__(F("id"), Value(as_of), Value(axis == Axis.EFFECTIVE))


@dataclasses.dataclass(frozen=True, slots=True)
class Balance:
    """What one account showed at an instant, in minor units on its normal side.

    :param as_of: None for now.
    """

    account_id: uuid.UUID
    currency: str
    posted_minor: int
    as_of: dt.datetime | None
    axis: Axis


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
    debit_minor: int
    credit_minor: int

    @property
    def balanced(self) -> bool:
        return self.debit_minor == self.credit_minor


def balance_of(
    account_id: uuid.UUID, *, as_of: dt.datetime | None = None, axis: Axis = Axis.RECORDED
) -> Balance:
    """The account's balance after all that was recorded, or effective, by an instant inclusive.

    :param as_of: None for the present; an instant to come answers what is known now.
    :raises NotFound: if there is no such account, or none that may be seen.
    """
    rows = LedgerAccount.objects.filter(id=account_id)
    found = rows.values_list("currency_id", _shown(as_of, axis)).first()
    if found is None:
        raise NotFound("There is no such ledger account.")
    currency, posted_minor = found
    return Balance(account_id, currency, posted_minor, as_of, axis)


def trial_balance(
    *,
    organization_id: uuid.UUID | None = None,
    currency: str | None = None,
    as_of: dt.datetime | None = None,
    axis: Axis = Axis.RECORDED,
) -> list[TrialBalanceRow]:
    """Every account with its balance now, or at an instant inclusive.

    One statement either way. Now costs the same whatever was posted; an instant costs one
    bisection for each account.
    """
    rows = LedgerAccount.objects.order_by("organization_id", "currency_id", "code")
    if organization_id:
        rows = rows.filter(organization_id=organization_id)
    if currency:
        rows = rows.filter(currency_id=currency)
    return [_trial_balance_row(*values) for values in _values(rows, as_of, axis)]


def _shown(as_of: dt.datetime | None, axis: Axis) -> Combinable:
    return F("posted_minor") if as_of is None else BalanceAt(as_of=as_of, axis=axis)


def _values(
    rows: QuerySet[LedgerAccount], as_of: dt.datetime | None, axis: Axis
) -> QuerySet[LedgerAccount, tuple[uuid.UUID, uuid.UUID, str, int, str, str, str, int]]:
    return rows.values_list(
        "organization_id",
        "id",
        "currency_id",
        "currency__exponent",
        "code",
        "name",
        "account_class",
        _shown(as_of, axis),
    )


def trial_balance_totals(rows: Collection[TrialBalanceRow]) -> list[TrialBalanceTotal]:
    """The sums per organization and currency; minor units are never added across currencies."""
    sums: dict[tuple[uuid.UUID, str, int], list[int]] = {}
    for row in rows:
        both = sums.setdefault((row.organization_id, row.currency, row.exponent), [0, 0])
        both[0] += row.debit_minor
        both[1] += row.credit_minor
    return [
        TrialBalanceTotal(organization, currency, exponent, debit, credit)
        for (organization, currency, exponent), (debit, credit) in sums.items()
    ]


def _trial_balance_row(
    organization_id: uuid.UUID,
    account_id: uuid.UUID,
    currency: str,
    exponent: int,
    code: str,
    name: str,
    account_class: str,
    posted_minor: int,
) -> TrialBalanceRow:
    debit = posted_minor if normal_side(account_class) == Side.DEBIT else -posted_minor
    return TrialBalanceRow(
        organization_id=organization_id,
        account_id=account_id,
        currency=currency,
        exponent=exponent,
        code=code,
        name=name,
        account_class=account_class,
        debit_minor=max(debit, 0),
        credit_minor=max(-debit, 0),
    )
