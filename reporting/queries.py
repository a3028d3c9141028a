"""Reading projections; row-level security decides whose."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections.abc import Collection, Sequence

from django.db import connection
from django.db.models import QuerySet

from kernel import clock
from kernel.rows import array_literal
from reporting.models import AccountStanding

MOST_DAYS = 400


@dataclasses.dataclass(frozen=True, slots=True)
class Closing:
    """What an account showed at the end of a day: minor units, on its normal side."""

    day: dt.date
    balance_minor: int


def standings(account_ids: Collection[uuid.UUID]) -> QuerySet[AccountStanding]:
    """The visible ones of these accounts that have an entry, as they were last told."""
    return AccountStanding.objects.filter(account_id__in=account_ids).order_by("account_id")


# Of each account: the last row before the first day, and the last row of each day in which it
# changed.
_CLOSINGS = """
    SELECT a.account_id, before.day, before.balance_minor
    FROM unnest(%(accounts)s::uuid[]) AS a(account_id)
    CROSS JOIN LATERAL (
        SELECT NULL::date AS day, c.balance_minor FROM reporting_accountclosing c
        WHERE c.account_id = a.account_id AND c.quarter < %(begins)s
        ORDER BY c.quarter DESC LIMIT 1
    ) before
    UNION ALL
    SELECT * FROM (
        SELECT DISTINCT ON (c.account_id, (c.quarter AT TIME ZONE %(timezone)s)::date)
            c.account_id, (c.quarter AT TIME ZONE %(timezone)s)::date, c.balance_minor
        FROM reporting_accountclosing c
        WHERE c.account_id = ANY (%(accounts)s::uuid[])
            AND c.quarter >= %(begins)s AND c.quarter < %(ends)s
        ORDER BY c.account_id, (c.quarter AT TIME ZONE %(timezone)s)::date, c.quarter DESC
    ) within
"""


def daily_closings(
    *, account_ids: Collection[uuid.UUID], timezone: str, first: dt.date, last: dt.date
) -> dict[uuid.UUID, Sequence[Closing]]:
    """What each account showed at the end of each day from the first to the last, one statement.

    Days before an account's first entry show 0. Accounts that may not be seen show 0 throughout.

    :param timezone: IANA name; days are that zone's.
    :raises ValueError: for more than `MOST_DAYS` days, or none.
    """
    days = [first + dt.timedelta(days=number) for number in range((last - first).days + 1)]
    if not 1 <= len(days) <= MOST_DAYS:
        raise ValueError(f"from {first} to {last} are {len(days)} days")
    asked: dict[str, str | dt.datetime] = {
        "accounts": array_literal(kind="uuid", values=sorted(set(account_ids))),
        "timezone": timezone,
        "begins": clock.start_of_day(first, timezone=timezone),
        "ends": clock.start_of_day(last + dt.timedelta(days=1), timezone=timezone),
    }
    with connection.cursor() as cursor:
        cursor.execute(_CLOSINGS, asked)
        told = {(account, day): balance for account, day, balance in cursor.fetchall()}
    return {account: _filled(account, days, told) for account in account_ids}


def _filled(
    account: uuid.UUID, days: Sequence[dt.date], told: dict[tuple[uuid.UUID, dt.date | None], int]
) -> Sequence[Closing]:
    """A day on which nothing happened ends as the one before it did."""
    balance = told.get((account, None), 0)
    closings = []
    for day in days:
        balance = told.get((account, day), balance)
        closings.append(Closing(day, balance))
    return closings
