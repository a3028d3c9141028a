"""What an account showed over a stretch of time, line by line."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid

from django.db import connection

from ledger.choices import Axis
from ledger.errors import RangeUnusable
from ledger.models import LedgerAccount
from ledger.policy import normal_side
from ledger.queries.accounts import account_of
from ledger.queries.balances import balance_of

LONGEST = dt.timedelta(days=366)
EARLIEST = dt.datetime(1900, 1, 1, tzinfo=dt.UTC)
LATEST = dt.datetime(2200, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)


@dataclasses.dataclass(frozen=True, slots=True)
class Position:
    """A place in a statement: the line's instant on the statement's axis, then its version."""

    at: dt.datetime
    version: int


@dataclasses.dataclass(frozen=True, slots=True)
class StatementLine:
    """One entry; one of `debit_minor` and `credit_minor` is zero.

    :param running_minor: the balance after this line, in the order of the statement.
    """

    transaction_id: uuid.UUID
    transfer_id: uuid.UUID | None
    kind: str
    description: str
    effective_at: dt.datetime
    recorded_at: dt.datetime
    debit_minor: int
    credit_minor: int
    running_minor: int
    version: int

    def position(self, axis: Axis) -> Position:
        at = self.effective_at if axis == Axis.EFFECTIVE else self.recorded_at
        return Position(at, self.version)


@dataclasses.dataclass(frozen=True, slots=True)
class Statement:
    """An account from `since` (inclusive) to `until` (exclusive), oldest line first.

    Amounts are minor units; balances are positive on the account's normal side.
    """

    account: LedgerAccount
    axis: Axis
    since: dt.datetime
    until: dt.datetime
    opening_minor: int
    closing_minor: int
    lines: list[StatementLine]
    has_more: bool


# By recorded time the order is that of versions, and each entry keeps the balance it left.
_RECORDED = """
    SELECT e.transaction_id, t.transfer_id, t.kind, t.description, e.effective_at, e.recorded_at,
           CASE e.side WHEN 'DEBIT' THEN e.amount_minor ELSE 0 END,
           CASE e.side WHEN 'CREDIT' THEN e.amount_minor ELSE 0 END,
           e.balance_after_minor, e.version
    FROM ledger_entry e JOIN ledger_transaction t ON t.id = e.transaction_id
    WHERE e.account_id = %(account)s
      AND e.version > greatest(ledger_version_at(%(account)s, %(newest)s, %(before)s), %(version)s)
      AND e.version <= ledger_version_at(%(account)s, %(newest)s, %(last)s)
    ORDER BY e.version LIMIT %(limit)s
"""

# By effective time the balance runs in another order than the one in which it was kept. Every
# entry of the range was recorded after its beginning, and before its end or late.
_EFFECTIVE = """
    WITH dated AS MATERIALIZED (
        SELECT e.*, %(opening)s + sum(CASE e.side WHEN %(up)s THEN e.amount_minor
                                                  ELSE -e.amount_minor END)
                    OVER (ORDER BY e.effective_at, e.version) AS running_minor
        FROM ledger_entry e
        WHERE e.account_id = %(account)s
          AND e.version > ledger_version_at(%(account)s, %(newest)s, %(before)s)
          AND (e.version <= ledger_version_at(%(account)s, %(newest)s, %(soon)s)
               OR e.recorded_at - e.effective_at > interval '1 second')
          AND e.effective_at > %(before)s AND e.effective_at <= %(last)s
    )
    SELECT d.transaction_id, t.transfer_id, t.kind, t.description, d.effective_at, d.recorded_at,
           CASE d.side WHEN 'DEBIT' THEN d.amount_minor ELSE 0 END,
           CASE d.side WHEN 'CREDIT' THEN d.amount_minor ELSE 0 END,
           d.running_minor::bigint, d.version
    FROM dated d JOIN ledger_transaction t ON t.id = d.transaction_id
    WHERE (d.effective_at, d.version) > (%(at)s, %(version)s)
    ORDER BY d.effective_at, d.version LIMIT %(limit)s
"""


def statement_of(
    account_id: uuid.UUID,
    *,
    since: dt.datetime,
    until: dt.datetime,
    axis: Axis,
    limit: int,
    after: Position | None = None,
) -> Statement:
    """A page of an account's statement.

    By recorded time a page costs the same wherever it is; by effective time it costs the entries of
    the range, since their order is made for it.

    :param after: the last line of the page before.
    :raises NotFound: if there is no such account, or none that may be seen.
    :raises RangeUnusable: unless the range begins before it ends and covers at most 366 days.
    """
    possible = EARLIEST <= since < until <= LATEST
    if not possible or until - since > LONGEST:
        raise RangeUnusable(facts={"longest_days": LONGEST.days})
    account = account_of(account_id)
    before, last = since - _MICROSECOND, until - _MICROSECOND
    opening = balance_of(account_id, as_of=before, axis=axis).posted_minor
    values: dict[str, uuid.UUID | dt.datetime | int | str] = {
        "account": account_id,
        "newest": account.version,
        "before": before,
        "last": last,
        "soon": last + dt.timedelta(seconds=1),
        "opening": opening,
        "up": normal_side(account.account_class),
        "at": after.at if after else before,
        "version": after.version if after else 0,
        "limit": limit + 1,
    }
    lines = _lines(_EFFECTIVE if axis == Axis.EFFECTIVE else _RECORDED, values)
    return Statement(
        account=account,
        axis=axis,
        since=since,
        until=until,
        opening_minor=opening,
        closing_minor=balance_of(account_id, as_of=last, axis=axis).posted_minor,
        lines=lines[:limit],
        has_more=len(lines) > limit,
    )


def _lines(
    statement: str, values: dict[str, uuid.UUID | dt.datetime | int | str]
) -> list[StatementLine]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [StatementLine(*row) for row in cursor.fetchall()]
