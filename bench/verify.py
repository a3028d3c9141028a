"""After the load: do the books stand? Asked by the auditor role, which sees every row."""

from __future__ import annotations

import dataclasses
import time
from typing import LiteralString

import psycopg

_CHANGE: LiteralString = (
    "CASE WHEN (e.side = 'DEBIT') = (a.account_class IN ('ASSET', 'EXPENSE'))"
    " THEN e.amount_minor ELSE -e.amount_minor END"
)
# Each query answers how many things it looked at and how many of them are wrong.
# Both f-strings take the constant above, nothing else.
_PASSES: dict[str, LiteralString] = {
    "balances are the sums of their entries": f"""
        SELECT count(*), count(*) FILTER (
            WHERE a.posted_minor <> coalesce(s.total, 0) OR a.version <> coalesce(s.entries, 0))
        FROM ledger_ledgeraccount a LEFT JOIN (
            SELECT e.account_id, sum({_CHANGE}) AS total, count(*) AS entries
            FROM ledger_entry e JOIN ledger_ledgeraccount a ON a.id = e.account_id
            GROUP BY e.account_id
        ) s ON s.account_id = a.id""",  # noqa: S608
    "versions and running balances are contiguous": f"""
        SELECT count(*), count(*) FILTER (WHERE version <> version_before + 1
            OR balance_after_minor <> balance_before + change)
        FROM (
            SELECT e.version, e.balance_after_minor, {_CHANGE} AS change,
                   lag(e.version, 1, 0::bigint) OVER chain AS version_before,
                   lag(e.balance_after_minor, 1, 0::bigint) OVER chain AS balance_before
            FROM ledger_entry e JOIN ledger_ledgeraccount a ON a.id = e.account_id
            WINDOW chain AS (PARTITION BY e.account_id ORDER BY e.version)
        ) chained""",  # noqa: S608
    "every transaction balances": """
        SELECT count(*), count(*) FILTER (WHERE legs IS DISTINCT FROM entry_count OR off <> 0)
        FROM ledger_transaction t LEFT JOIN (
            SELECT transaction_id, count(*) AS legs,
                   sum(CASE side WHEN 'DEBIT' THEN amount_minor ELSE -amount_minor END) AS off
            FROM ledger_entry GROUP BY transaction_id
        ) e ON e.transaction_id = t.id""",
    "each organization's books sum to zero": """
        SELECT count(*), count(*) FILTER (WHERE off <> 0)
        FROM (
            SELECT sum(CASE side WHEN 'DEBIT' THEN amount_minor ELSE -amount_minor END) AS off
            FROM ledger_entry GROUP BY organization_id, currency_id
        ) sums""",
    "no key has two transactions": """
        SELECT count(*), count(*) FILTER (WHERE times > 1)
        FROM (SELECT count(*) AS times FROM ledger_transaction
              GROUP BY organization_id, reference) keys""",
    "no key has two transfers": """
        SELECT count(*), count(*) FILTER (WHERE times > 1)
        FROM (SELECT count(*) AS times FROM wallets_transfer GROUP BY reference) keys""",
    "completed transfers have their transactions": """
        SELECT count(*), count(*) FILTER (WHERE coalesce(t.times, 0) <>
            CASE WHEN w.state <> 'COMPLETED' THEN 0
                 WHEN w.counterparty_organization_id IS NULL THEN 1 ELSE 2 END)
        FROM wallets_transfer w LEFT JOIN (
            SELECT transfer_id, count(*) AS times FROM ledger_transaction GROUP BY transfer_id
        ) t ON t.transfer_id = w.id""",
    "outbox rows are the transactions": """
        SELECT count(*), count(*) FILTER (
            WHERE t.id IS NULL OR o.times IS DISTINCT FROM 1)
        FROM (SELECT id, transfer_id, organization_id FROM ledger_transaction
              WHERE transfer_id IS NOT NULL) t
        FULL JOIN (
            SELECT subject_id, organization_id, count(*) AS times FROM events_outboxevent
            WHERE name = 'wallets.transfer.completed' GROUP BY subject_id, organization_id
        ) o ON o.subject_id = t.transfer_id AND o.organization_id = t.organization_id""",
    "audit records are the transactions": """
        SELECT count(*), count(*) FILTER (
            WHERE t.id IS NULL OR r.times IS DISTINCT FROM 1)
        FROM (SELECT id, transfer_id, organization_id FROM ledger_transaction
              WHERE transfer_id IS NOT NULL) t
        FULL JOIN (
            SELECT subject_id, organization_id, count(*) AS times FROM audit_auditrecord
            WHERE action = 'wallets.transfer.complete' GROUP BY subject_id, organization_id
        ) r ON r.subject_id = t.transfer_id AND r.organization_id = t.organization_id""",
}


@dataclasses.dataclass(frozen=True)
class Pass:
    """One question to the books and its answer."""

    name: str
    checked: int
    findings: int
    seconds: float


def verify_books(*, auditor_url: str) -> list[Pass]:
    """Ask every question."""
    done = []
    with psycopg.connect(auditor_url) as connection:
        for name, query in _PASSES.items():
            started = time.monotonic()
            row = connection.execute(query).fetchone()
            assert row is not None
            seconds = round(time.monotonic() - started, 3)
            done.append(Pass(name, int(row[0]), int(row[1]), seconds))
    return done
