"""From when a movement may count, where somebody names a time."""

from __future__ import annotations

import datetime as dt

from ledger.errors import EffectiveBeforeBooks, EffectiveInFuture, EffectiveTooEarly
from ledger.queries.statements import EARLIEST


def check_date(wanted: dt.datetime, *, first: dt.datetime, now: dt.datetime) -> None:
    """Go on only if a movement asked for now may count from the wanted instant.

    A balance is judged as it is recorded, so nothing else keeps a date out of the years before an
    account was opened.

    :param first: the first instant of the organization's books.
    :raises EffectiveInFuture: if it is still to come.
    :raises EffectiveTooEarly: if it is before the year 1900.
    :raises EffectiveBeforeBooks: if it is before the organization's first day.
    """
    pointer = "/effective_at"
    if wanted > now:
        raise EffectiveInFuture(pointer=pointer)
    if wanted < EARLIEST:
        raise EffectiveTooEarly(pointer=pointer)
    if wanted < first:
        raise EffectiveBeforeBooks(pointer=pointer, facts={"first": first.isoformat()})
