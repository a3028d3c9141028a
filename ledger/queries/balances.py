"""The balance of an account, now and at an instant.

Present balances are the kept ones: the database alone writes them, with the entries, and the
checker compares them with the sums. Past ones come from functions of the database whose cost does
not grow with the account (see the migration `as_of`).
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid

from django.db.models import BigIntegerField, Case, F, Func, Q, Value, When
from django.db.models.expressions import Combinable

from kernel.errors import NotFound
from ledger.choices import Axis
from ledger.models import LedgerAccount


class BalanceAt(Func):
    """What the account of the row showed at an instant, of what was recorded by another."""

    function = "ledger_balance_at"
    output_field = BigIntegerField()

    def __init__(
        self, *, as_of: dt.datetime, axis: Axis, known_at: dt.datetime | None = None
    ) -> None:
        known = () if known_at is None else (Value(known_at),)
        super().__init__(F("id"), Value(as_of), Value(axis == Axis.EFFECTIVE), *known)


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


def balance_of(
    account_id: uuid.UUID, *, as_of: dt.datetime | None = None, axis: Axis = Axis.RECORDED
) -> Balance:
    """The account's balance after all that was recorded, or effective, by an instant inclusive.

    :param as_of: None for the present; an instant to come answers what is known now.
    :raises NotFound: if there is no such account, or none that may be seen.
    """
    rows = LedgerAccount.objects.filter(id=account_id)
    found = rows.values_list("currency_id", shown_minor(as_of=as_of, axis=axis)).first()
    if found is None:
        raise NotFound("There is no such ledger account.")
    currency, posted_minor = found
    return Balance(account_id, currency, posted_minor, as_of, axis)


def shown_minor(
    *, as_of: dt.datetime | None, axis: Axis, known_at: dt.datetime | None = None
) -> Combinable:
    """An account's balance as an expression, in minor units on its normal side.

    :param as_of: None for the present.
    :param known_at: only what was recorded by then counts; None for all.
    """
    instants = [instant for instant in (as_of, known_at) if instant is not None]
    if not instants:
        return F("posted_minor")
    # Most accounts have no entry since, and to call a function costs more than to look.
    unmoved = Q(last_recorded_at__isnull=True) | Q(last_recorded_at__lte=min(instants))
    then = BalanceAt(as_of=instants[0], axis=axis, known_at=known_at)
    return Case(When(unmoved, then=F("posted_minor")), default=then)
