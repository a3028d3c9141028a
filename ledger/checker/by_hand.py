"""The pass over what no customer asked for: journals, and kinds that nothing posts yet."""

from __future__ import annotations

from ledger.checker.passes import ENTRIES, Pass, of

BY_HAND = Pass(
    name="by_hand",
    claim="each journal, and each reversal of one, has the audit record of whoever wrote it",
    expected_when=ENTRIES,
    query=f"""
        SELECT t.organization_id, 'transaction' AS subject, t.id::text AS subject_id,
               CASE WHEN t.kind IN ('EXCHANGE', 'SETTLEMENT') THEN 'transaction_kind_has_door'
                    WHEN t.kind <> 'JOURNAL' AND (t.kind <> 'REVERSAL'
                      OR o.kind IS DISTINCT FROM 'JOURNAL') THEN NULL
                    WHEN coalesce(CASE t.kind WHEN 'JOURNAL' THEN r.posts ELSE r.reverses END, 0)
                         <> 1 THEN 'journal_has_one_record'
                    WHEN t.transfer_id IS NOT NULL THEN 'journal_is_no_transfer' END AS rule,
               jsonb_build_object('kind', t.kind, 'reverses', t.reverses_id,
                                  'transfer', t.transfer_id, 'posts', coalesce(r.posts, 0),
                                  'reversals', coalesce(r.reverses, 0)) AS facts
        FROM ledger_transaction t
        LEFT JOIN ledger_transaction o
            ON o.id = t.reverses_id AND o.organization_id = t.organization_id
        LEFT JOIN (
            SELECT r.subject_id, r.organization_id,
                   count(*) FILTER (WHERE r.action = 'ledger.journal.post') AS posts,
                   count(*) FILTER (WHERE r.action = 'ledger.journal.reverse') AS reverses
            FROM audit_auditrecord r
            WHERE r.action IN ('ledger.journal.post', 'ledger.journal.reverse')
            GROUP BY r.subject_id, r.organization_id
        ) r ON r.subject_id = t.id AND r.organization_id = t.organization_id
        WHERE {of("t")}""",  # noqa: S608 - our constants
)

PASSES = (BY_HAND,)
