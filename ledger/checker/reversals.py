"""The pass over reversals: what is undone was done, and never more of it."""

from __future__ import annotations

from ledger.checker.passes import ENTRIES, Pass, of

REVERSALS = Pass(
    name="reversals",
    claim="reversals undo entries of one other transaction, whole or in part, and not later ones",
    expected_when=ENTRIES,
    query=f"""
        SELECT t.organization_id, 'transaction' AS subject, t.id::text AS subject_id,
               CASE WHEN (t.kind = 'REVERSAL') <> (t.reverses_id IS NOT NULL)
                        THEN 'transaction_reversal_reverses'
                    WHEN coalesce(u.undoing, 0)
                         <> CASE WHEN t.kind = 'REVERSAL' THEN t.entry_count ELSE 0 END
                        THEN 'transaction_reversal_whole'
                    WHEN t.reverses_id IS NOT NULL AND o.id IS NULL
                        THEN 'transaction_reversed_exists'
                    WHEN o.kind = 'REVERSAL' THEN 'transaction_reversal_of_reversal' END AS rule,
               jsonb_build_object('kind', t.kind, 'reverses', t.reverses_id,
                                  'entry_count', t.entry_count,
                                  'undoing', coalesce(u.undoing, 0)) AS facts
        FROM ledger_transaction t
        LEFT JOIN ledger_transaction o
            ON o.id = t.reverses_id AND o.organization_id = t.organization_id
        LEFT JOIN (
            SELECT e.transaction_id, count(*) AS undoing FROM ledger_entry e
            WHERE e.reverses_id IS NOT NULL GROUP BY e.transaction_id
        ) u ON u.transaction_id = t.id
        WHERE {of("t")}
        UNION ALL
        SELECT r.organization_id, 'entry', r.id::text,
               CASE WHEN o.id IS NULL THEN 'entry_reversed_exists'
                    WHEN o.transaction_id IS DISTINCT FROM t.reverses_id
                        THEN 'entry_reversed_transaction'
                    WHEN o.account_id <> r.account_id THEN 'entry_reversed_account'
                    WHEN o.side = r.side THEN 'entry_reversed_side'
                    WHEN o.reverses_id IS NOT NULL THEN 'entry_reversal_of_reversal'
                    WHEN r.effective_at < o.effective_at THEN 'entry_reversed_before'
                    WHEN sum(r.amount_minor) OVER (PARTITION BY r.reverses_id) > o.amount_minor
                        THEN 'entry_reversed_within' END,
               jsonb_build_object('account', r.account_id, 'reverses', r.reverses_id,
                                  'side', r.side, 'amount_minor', r.amount_minor,
                                  'original_minor', o.amount_minor)
        FROM ledger_entry r
        LEFT JOIN ledger_transaction t ON t.id = r.transaction_id
        LEFT JOIN ledger_entry o ON o.id = r.reverses_id
        WHERE r.reverses_id IS NOT NULL AND {of("r")}""",  # noqa: S608 - our constants
)

PASSES = (REVERSALS,)
