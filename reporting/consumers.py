"""The consumer that keeps balances. It never asks the books: what it knows, anybody can know."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence

from django.db import connection

from events.consuming import Consumer, Event
from kernel.rows import array_literal
from kernel.transactions import needs_transaction

_COLUMNS = {
    "account_id": "uuid",
    "organization_id": "uuid",
    "currency": "text",
    "version": "bigint",
    "balance_minor": "bigint",
    "recorded_at": "timestamptz",
}
_TOLD = f"""
    WITH told AS (
        SELECT *, date_bin('15 minutes', recorded_at, timestamptz '2000-01-01 00:00+00') AS quarter
        FROM unnest({", ".join(f"%s::{kind}[]" for kind in _COLUMNS.values())})
            AS t({", ".join(_COLUMNS)})
    )"""  # noqa: S608 - of constants
# In the order of accounts: processes that take at the same time wait, and never deadlock. An entry
# that comes after a later one of its account changes nothing.
_STANDINGS = f"""{_TOLD}
    INSERT INTO reporting_accountstanding AS s
        (account_id, organization_id, currency, version, balance_minor, changed_at)
    SELECT DISTINCT ON (account_id)
        account_id, organization_id, currency, version, balance_minor, recorded_at
    FROM told ORDER BY account_id, version DESC
    ON CONFLICT (account_id) DO UPDATE SET version = excluded.version,
        balance_minor = excluded.balance_minor, changed_at = excluded.changed_at
    WHERE s.version < excluded.version"""  # noqa: S608 - of constants
_CLOSINGS = f"""{_TOLD}
    INSERT INTO reporting_accountclosing AS c
        (account_id, quarter, organization_id, version, balance_minor)
    SELECT DISTINCT ON (account_id, quarter)
        account_id, quarter, organization_id, version, balance_minor
    FROM told ORDER BY account_id, quarter, version DESC
    ON CONFLICT (account_id, quarter) DO UPDATE SET version = excluded.version,
        balance_minor = excluded.balance_minor
    WHERE c.version < excluded.version"""  # noqa: S608 - of constants

_Told = tuple[uuid.UUID, uuid.UUID | None, str, int, int, dt.datetime]


@needs_transaction
def keep_balances(events: Sequence[Event], now: dt.datetime) -> None:
    """Write what each account shows after these events, in two statements.

    The order and the number of times they come in do not matter: the highest version stands.
    """
    rows = [row for event in events for row in _entries(event)]
    told = [
        array_literal(kind=kind, values=values)
        for kind, values in zip(_COLUMNS.values(), zip(*rows, strict=True), strict=True)
    ]
    with connection.cursor() as cursor:
        cursor.execute(_STANDINGS, told)
        cursor.execute(_CLOSINGS, told)


def _entries(event: Event) -> Iterable[_Told]:
    recorded_at = dt.datetime.fromisoformat(event.payload["recorded_at"])
    for entry in event.payload["entries"]:
        yield (
            uuid.UUID(entry["account_id"]),
            event.organization_id,
            entry["currency"],
            entry["version"],
            entry["balance_minor"],
            recorded_at,
        )


BALANCES = Consumer(
    name="balances",
    names=frozenset({"ledger.transaction.posted"}),
    handle_many=keep_balances,
    tables=("reporting_accountstanding", "reporting_accountclosing"),
)
