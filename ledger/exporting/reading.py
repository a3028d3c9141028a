"""What an export reads: currencies, accounts with their balances, and transactions in order."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import LiteralString

import psycopg

ROWS_AT_A_TIME = 5_000

_CURRENCIES: LiteralString = "SELECT code, exponent FROM ledger_currency ORDER BY code"
_ACCOUNTS: LiteralString = (
    "SELECT a.id, o.display_name, a.account_class, a.code, a.currency_id, a.name,"
    " CASE WHEN a.account_class IN ('ASSET', 'EXPENSE') THEN a.posted_minor"
    " ELSE -a.posted_minor END"
    " FROM ledger_ledgeraccount a JOIN accounts_organization o ON o.id = a.organization_id"
    " WHERE (%(organization)s::uuid IS NULL OR a.organization_id = %(organization)s)"
    " ORDER BY o.display_name, o.id, a.code, a.currency_id"
)
# Dates are those of the organization's time zone, in which its periods end.
_TRANSACTIONS: LiteralString = (
    "(SELECT t.*, (t.effective_at AT TIME ZONE o.timezone)::date AS day"
    " FROM ledger_transaction t JOIN accounts_organization o ON o.id = t.organization_id"
    " WHERE (%(organization)s::uuid IS NULL OR t.organization_id = %(organization)s)) t"
)
# Those whose end is one of a day in the organization's time zone, as all are that the program made.
_PERIODS: LiteralString = (
    "(SELECT p.id, p.closes_on, p.organization_id, o.display_name FROM ledger_period p"
    " JOIN accounts_organization o ON o.id = p.organization_id"
    " WHERE (%(organization)s::uuid IS NULL OR p.organization_id = %(organization)s)"
    " AND p.state = 'CLOSED' AND (p.ends_at AT TIME ZONE o.timezone)::date > p.closes_on"
    " AND ((p.ends_at - interval '1 microsecond') AT TIME ZONE o.timezone)::date = p.closes_on) p"
)
_DAYS: LiteralString = (
    "SELECT min(day), max(day) FROM ("  # noqa: S608 - our constants
    f"SELECT day FROM {_TRANSACTIONS} UNION ALL SELECT closes_on FROM {_PERIODS}) days"
)
_LINES: LiteralString = (
    "SELECT t.id, t.day, t.recorded_at, t.kind, t.description,"  # noqa: S608 - our constants
    " e.account_id, CASE e.side WHEN 'DEBIT' THEN e.amount_minor ELSE -e.amount_minor END"
    f" FROM {_TRANSACTIONS} JOIN ledger_entry e ON e.transaction_id = t.id"
    " ORDER BY t.day, t.effective_at, t.id, e.seq"
)
# An account that neither stood at something nor moved is left out.
_CLOSINGS: LiteralString = (
    "SELECT p.id, p.closes_on, p.display_name, b.account_id,"  # noqa: S608 - our constants
    " CASE WHEN a.account_class IN ('ASSET', 'EXPENSE') THEN b.closing_minor"
    " ELSE -b.closing_minor END"
    f" FROM {_PERIODS} JOIN ledger_periodbalance b ON b.period_id = p.id"
    " JOIN ledger_ledgeraccount a ON a.id = b.account_id"
    " WHERE b.opening_minor <> 0 OR b.debit_minor <> 0 OR b.credit_minor <> 0"
    " ORDER BY p.closes_on, p.display_name, p.id, a.code, a.currency_id"
)


@dataclasses.dataclass(frozen=True, slots=True)
class Account:
    """An account; `balance_minor` is debits less credits, whatever its normal side."""

    id: uuid.UUID
    organization: str
    account_class: str
    code: str
    currency: str
    name: str
    balance_minor: int


@dataclasses.dataclass(frozen=True, slots=True)
class Transaction:
    """A transaction and its lines: account and minor units, debits positive."""

    id: uuid.UUID
    day: dt.date
    recorded_at: dt.datetime
    kind: str
    description: str
    lines: Sequence[tuple[uuid.UUID, int]]


@dataclasses.dataclass(frozen=True, slots=True)
class Closing:
    """What accounts showed when a period had ended: account and minor units, debits positive.

    :param day: the first one after the period.
    """

    day: dt.date
    organization: str
    balances: Sequence[tuple[uuid.UUID, int]]


@dataclasses.dataclass(frozen=True, slots=True)
class Books:
    """What an export is made of. `transactions` and `closings` can be walked once, by day.

    :param exponents: digits behind the point of each currency that an account uses.
    :param first_day: no transaction is before it, and no period ended before.
    :param last_day: no transaction is after it, and no period ended after.
    """

    exponents: Mapping[str, int]
    accounts: Sequence[Account]
    first_day: dt.date
    last_day: dt.date
    transactions: Iterator[Transaction]
    closings: Iterator[Closing]


def read_books(
    *, connection: psycopg.Connection, organization_id: uuid.UUID | None, today: dt.date
) -> Books:
    """Read the books of one organization, or of all, from a snapshot.

    :param today: the day of books without a transaction.
    """
    asked = {"organization": organization_id}
    accounts = [Account(*row) for row in connection.execute(_ACCOUNTS, asked)]
    used = {account.currency for account in accounts}
    ((first, last),) = connection.execute(_DAYS, asked).fetchall()
    return Books(
        exponents={code: e for code, e in connection.execute(_CURRENCIES) if code in used},
        accounts=accounts,
        first_day=first or today,
        last_day=last or today,
        transactions=_transactions(connection, asked),
        closings=_closings(connection, asked),
    )


def _transactions(
    connection: psycopg.Connection, asked: Mapping[str, object]
) -> Iterator[Transaction]:
    with connection.cursor(name="lines") as cursor:
        cursor.itersize = ROWS_AT_A_TIME
        cursor.execute(_LINES, asked)
        for head, rows in itertools.groupby(cursor, key=lambda row: row[:5]):
            transaction_id, day, recorded_at, kind, description = head
            lines = [(account, amount_minor) for *_, account, amount_minor in rows]
            yield Transaction(transaction_id, day, recorded_at, kind, description, lines)


def _closings(connection: psycopg.Connection, asked: Mapping[str, object]) -> Iterator[Closing]:
    with connection.cursor(name="closings") as cursor:
        cursor.itersize = ROWS_AT_A_TIME
        cursor.execute(_CLOSINGS, asked)
        for head, rows in itertools.groupby(cursor, key=lambda row: row[:3]):
            _, closes_on, organization = head
            balances = [(account, amount_minor) for *_, account, amount_minor in rows]
            yield Closing(closes_on + dt.timedelta(days=1), organization, balances)
