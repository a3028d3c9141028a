"""The pass over closed periods: nothing entered them later, and they still show what they showed.

Everything is added up again from the entries; only the format of the proofs is taken from
`docs/periods.md`.
"""

from __future__ import annotations

from typing import LiteralString

from ledger.checker.organizations import ZONES
from ledger.checker.passes import Pass, of

_INSTANT: LiteralString = '\'YYYY-MM-DD"T"HH24:MI:SS.US"Z"\''
_NOTHING_YET: LiteralString = (
    "sha256(convert_to(E'vaultcraft period 1\\n' || p.organization_id || E' -\\n', 'UTF8'))"
)
# Closed periods in order; `ordinal` counts from 1 in each organization.
_CLOSED: LiteralString = f"""
    SELECT p.*, row_number() OVER w AS ordinal, lag(p.ends_at) OVER w AS ends_before,
           lag(p.closing_proof) OVER w AS proof_before
    FROM ledger_period p WHERE p.state = 'CLOSED' AND {of("p")}
    WINDOW w AS (PARTITION BY p.organization_id ORDER BY p.ends_at)"""  # noqa: S608
# Into which of them an instant falls is found by bisecting their ends.
_CALENDAR: LiteralString = f"""
    SELECT p.organization_id, array_agg(p.ends_at ORDER BY p.ends_at) AS ends,
           array_agg(p.closed_at ORDER BY p.ends_at) AS closings
    FROM ledger_period p WHERE p.state = 'CLOSED' AND {of("p")} GROUP BY p.organization_id"""  # noqa: S608

_BOUNDARIES: LiteralString = f"""
    SELECT b.organization_id, 'organization' AS subject, b.organization_id::text AS subject_id,
           CASE WHEN b.closed_before IS DISTINCT FROM p.last_end
                THEN 'books_closed_before' END AS rule,
           jsonb_build_object('closed_before', b.closed_before, 'last_end', p.last_end) AS facts
    FROM ledger_books b
    LEFT JOIN (
        SELECT p.organization_id, max(p.ends_at) AS last_end FROM ledger_period p
        WHERE p.state = 'CLOSED' GROUP BY p.organization_id
    ) p ON p.organization_id = b.organization_id
    WHERE {of("b")}"""  # noqa: S608 - our constants

_PROOFS: LiteralString = f"""
    SELECT p.organization_id, 'period', p.id::text,
           CASE WHEN p.starts_at IS DISTINCT FROM p.ends_before THEN 'period_continues'
                WHEN p.opening_proof <> coalesce(p.proof_before, {_NOTHING_YET})
                    THEN 'period_opening_proof'
                WHEN p.closing_proof <> sha256(convert_to(
                    E'vaultcraft period 1\\n' || p.organization_id || ' '
                    || to_char(p.ends_at AT TIME ZONE 'UTC', {_INSTANT}) || E'\\n'
                    || coalesce(r.lines, ''), 'UTF8')) THEN 'period_closing_proof' END,
           jsonb_build_object('closes_on', p.closes_on, 'ends_at', p.ends_at,
                              'closed_at', p.closed_at)
    FROM ({_CLOSED}) p
    LEFT JOIN LATERAL (
        SELECT string_agg(concat_ws(' ', a.id, a.currency_id, a.account_class, b.closing_minor)
                          || E'\\n', '' ORDER BY a.id) AS lines
        FROM ledger_periodbalance b JOIN ledger_ledgeraccount a ON a.id = b.account_id
        WHERE b.period_id = p.id
    ) r ON true"""  # noqa: S608 - our constants

# The end is where the day ends: however long it was, and whatever clocks did at midnight.
_DAYS: LiteralString = f"""
    SELECT p.organization_id, 'period', p.id::text,
           CASE WHEN ((p.ends_at - interval '1 microsecond') AT TIME ZONE z.zone)::date
                     > p.closes_on
                  OR (p.ends_at AT TIME ZONE z.zone)::date <= p.closes_on
                THEN 'period_ends_with_its_day' END,
           jsonb_build_object('closes_on', p.closes_on, 'ends_at', p.ends_at, 'zone', z.zone)
    FROM ledger_period p JOIN {ZONES} z ON z.organization_id = p.organization_id
    WHERE {of("p")}"""  # noqa: S608 - our constants

# An account opened later has no row in earlier periods; one that had a row keeps having one.
_BALANCES: LiteralString = f"""
    SELECT coalesce(b.organization_id, s.organization_id), 'account',
           coalesce(b.account_id, s.account_id)::text,
           CASE WHEN b.account_id IS NULL THEN 'period_balance_exists'
                WHEN b.debit_minor <> coalesce(s.debit_minor, 0)
                  OR b.credit_minor <> coalesce(s.credit_minor, 0) THEN 'period_turnover_is_sum'
                WHEN b.opening_minor <> coalesce(b.closed_before_minor, 0)
                    THEN 'period_opening_is_closing'
                WHEN b.closing_minor <> b.opening_minor + CASE
                    WHEN b.account_class IN ('ASSET', 'EXPENSE')
                    THEN b.debit_minor - b.credit_minor ELSE b.credit_minor - b.debit_minor END
                    THEN 'period_closing_is_sum'
                WHEN b.first_ordinal + b.rows - 1 <> b.last_closed THEN 'period_balance_exists'
           END,
           jsonb_build_object('ordinal', coalesce(b.ordinal, s.ordinal),
                              'opening_minor', b.opening_minor, 'closing_minor', b.closing_minor,
                              'debit_minor', b.debit_minor, 'entries_debit_minor', s.debit_minor,
                              'credit_minor', b.credit_minor,
                              'entries_credit_minor', s.credit_minor)
    FROM (
        SELECT b.*, p.ordinal, a.account_class, n.last_closed, count(*) OVER account AS rows,
               min(p.ordinal) OVER account AS first_ordinal,
               lag(b.closing_minor) OVER (account ORDER BY p.ordinal) AS closed_before_minor
        FROM ledger_periodbalance b
        JOIN ({_CLOSED}) p ON p.id = b.period_id
        JOIN ledger_ledgeraccount a ON a.id = b.account_id
        JOIN (SELECT organization_id, cardinality(ends) AS last_closed FROM ({_CALENDAR}) c) n
            ON n.organization_id = b.organization_id
        WINDOW account AS (PARTITION BY b.account_id)
    ) b
    FULL JOIN (
        SELECT e.account_id, e.organization_id, width_bucket(e.effective_at, c.ends) + 1 AS ordinal,
               sum(e.amount_minor) FILTER (WHERE e.side = 'DEBIT') AS debit_minor,
               sum(e.amount_minor) FILTER (WHERE e.side = 'CREDIT') AS credit_minor
        FROM ledger_entry e JOIN ({_CALENDAR}) c ON c.organization_id = e.organization_id
        WHERE e.effective_at < c.ends[cardinality(c.ends)]
        GROUP BY e.account_id, e.organization_id, 3
    ) s ON s.account_id = b.account_id AND s.ordinal = b.ordinal"""  # noqa: S608

_LATE: LiteralString = f"""
    SELECT t.organization_id, 'transaction', t.id::text, 'period_entered_after_close',
           jsonb_build_object('kind', t.kind, 'effective_at', t.effective_at,
                              'recorded_at', t.recorded_at)
    FROM ledger_transaction t JOIN ({_CALENDAR}) c ON c.organization_id = t.organization_id
    WHERE t.effective_at < c.ends[cardinality(c.ends)]
      AND t.recorded_at > c.closings[width_bucket(t.effective_at, c.ends) + 1]"""  # noqa: S608

PERIODS = Pass(
    name="periods",
    claim="closed periods follow each other, are as they were, and nothing entered them later",
    query=f"{_BOUNDARIES} UNION ALL {_PROOFS} UNION ALL {_DAYS} UNION ALL {_BALANCES}"
    f" UNION ALL {_LATE}",
)

PASSES = (PERIODS,)
