"""How values are written in answers, the same everywhere."""

from __future__ import annotations

import datetime as dt
import functools
import uuid

from kernel import ids
from kernel.context import Context, reading_as
from kernel.money import display
from ledger.queries import currencies


def typed_id(prefix: str, value: uuid.UUID | None) -> str | None:
    """A TypeID, or null where there is no id."""
    return None if value is None else ids.encode(prefix, value)


def instant(moment: dt.datetime | None) -> str | None:
    """RFC 3339 in UTC with microseconds, or null."""
    if moment is None:
        return None
    utc = moment.astimezone(dt.UTC).replace(tzinfo=None)
    return f"{utc.isoformat(timespec='microseconds')}Z"


def shown(amount_minor: int, currency: str) -> str:
    """The amount for people, with its symbol."""
    return display(amount_minor=amount_minor, currency=currency, exponent=exponent_of(currency))


def money(amount_minor: int, currency: str) -> dict[str, object]:
    """An amount as an object of its own."""
    return {
        "amount_minor": amount_minor,
        "currency": currency,
        "display": shown(amount_minor, currency),
    }


def exponent_of(currency: str) -> int:
    """Digits after the point. A currency's exponent never changes, so it is read once."""
    known = _exponents()
    if currency not in known:
        _exponents.cache_clear()
        known = _exponents()
    return known[currency]


@functools.cache
def _exponents() -> dict[str, int]:
    with reading_as(Context()):
        return {currency.code: currency.exponent for currency in currencies()}
