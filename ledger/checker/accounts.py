"""Passes over accounts as they stand now: bounds, and the two sides of clearing."""

from __future__ import annotations

from ledger.checker.passes import Pass, of

BOUNDS = Pass(
    name="bounds",
    claim="each account stands between its floor and its ceiling, and in the exact range",
    query=f"""
        SELECT a.organization_id, 'account' AS subject, a.id::text AS subject_id,
               CASE WHEN a.held_minor < 0 THEN 'account_held'
                    WHEN a.posted_minor - a.held_minor < a.floor_minor THEN 'account_above_floor'
                    WHEN a.posted_minor > a.ceiling_minor THEN 'account_below_ceiling'
                    WHEN a.posted_minor NOT BETWEEN -9007199254740991 AND 9007199254740991
                        THEN 'account_range'
                    WHEN a.kind IN ('WALLET', 'CASH') AND coalesce(a.floor_minor, -1) < 0
                        THEN 'account_has_floor'
                    WHEN a.status = 'CLOSED' AND (a.posted_minor <> 0 OR a.held_minor <> 0)
                        THEN 'account_closed_empty' END AS rule,
               jsonb_build_object('code', a.code, 'currency', a.currency_id,
                                  'posted_minor', a.posted_minor, 'held_minor', a.held_minor,
                                  'floor_minor', a.floor_minor, 'ceiling_minor', a.ceiling_minor,
                                  'status', a.status) AS facts
        FROM ledger_ledgeraccount a WHERE {of("a")}""",  # noqa: S608 - our constants
)

# What one side owes is what the other is owed. A side without its other half stands at zero.
CLEARING = Pass(
    name="clearing",
    claim="what an organization owes another is what the other is owed, and caps are in force",
    expected_when="EXISTS (SELECT FROM ledger_ledgeraccount a"
    f" WHERE a.kind = 'CLEARING' AND a.version > 0 AND {of('a')})",
    query=f"""
        SELECT a.organization_id, 'account' AS subject, a.id::text AS subject_id,
               CASE WHEN a.posted_minor + coalesce(b.posted_minor, 0) <> 0
                        THEN 'clearing_sides_equal'
                    WHEN a.ceiling_minor <> least(coalesce(mine.cap_minor, 0),
                                                  coalesce(theirs.cap_minor, 0))
                        THEN 'clearing_cap_in_force' END AS rule,
               jsonb_build_object('currency', a.currency_id, 'counterparty', a.counterparty_id,
                                  'posted_minor', a.posted_minor,
                                  'other_posted_minor', b.posted_minor,
                                  'ceiling_minor', a.ceiling_minor, 'cap_minor', mine.cap_minor,
                                  'other_cap_minor', theirs.cap_minor) AS facts
        FROM ledger_ledgeraccount a
        LEFT JOIN ledger_ledgeraccount b
            ON b.kind = 'CLEARING' AND b.organization_id = a.counterparty_id
           AND b.counterparty_id = a.organization_id AND b.currency_id = a.currency_id
        LEFT JOIN ledger_clearingcap mine
            ON mine.organization_id = a.organization_id
           AND mine.counterparty_id = a.counterparty_id AND mine.currency_id = a.currency_id
        LEFT JOIN ledger_clearingcap theirs
            ON theirs.organization_id = a.counterparty_id
           AND theirs.counterparty_id = a.organization_id AND theirs.currency_id = a.currency_id
        WHERE a.kind = 'CLEARING' AND {of("a")}""",  # noqa: S608 - our constants
)

PASSES = (BOUNDS, CLEARING)
