"""The pass that asks whether the checker itself sees everything."""

from __future__ import annotations

from ledger.checker.passes import Pass

# Row security hides rows without a word, and a hidden row breaks no rule.
REACH = Pass(
    name="reach",
    claim="whoever reads here sees every row of every table",
    expected_when="true",
    query="""
        SELECT NULL::uuid AS organization_id, 'table' AS subject, c.relname::text AS subject_id,
               CASE WHEN row_security_active(c.oid) THEN 'rows_are_hidden' END AS rule,
               jsonb_build_object('role', current_user) AS facts
        FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
          AND c.relrowsecurity""",
)

PASSES = (REACH,)
