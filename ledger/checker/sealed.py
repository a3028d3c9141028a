"""The pass over the chain of audit records: what was sealed is as it was, and nothing was left out.

The database hashes the records by itself (`audit_digest`); `manage.py verify_audit` does it with
other code, and looks at signatures and at what was told elsewhere.
"""

from __future__ import annotations

from ledger.checker.passes import ALONE, Pass, of

SEALED = Pass(
    name="sealed",
    claim="audit records are as they were sealed, none is gone, and seals follow each other to"
    " the last one made",
    planned_with=ALONE,
    query=f"""
        SELECT r.organization_id, 'audit_record' AS subject,
               coalesce(r.id::text, m.sequence::text) AS subject_id,
               CASE WHEN r.id IS NULL THEN 'sealed_record_is_there'
                    WHEN m.leaf IS NULL THEN
                      CASE WHEN r.commit_xid < l.line THEN 'old_record_is_sealed' END
                    WHEN m.leaf <> audit_digest(r) THEN 'sealed_record_is_as_it_was' END AS rule,
               jsonb_build_object('seal', m.seal, 'sequence', m.sequence) AS facts
        FROM audit_auditrecord r
        FULL JOIN (
            SELECT s.number AS seal, taken.sequence, taken.leaf
            FROM audit_auditseal s, unnest(s.sequences, s.leaves) AS taken(sequence, leaf)
        ) m ON m.sequence = r.sequence
        CROSS JOIN (SELECT max(line) AS line FROM audit_auditchain) l
        WHERE {of("r")}
        UNION ALL
        SELECT NULL, 'audit_seal', s.number::text,
               CASE WHEN s.previous <> coalesce(p.digest, decode(repeat('00', 32), 'hex'))
                      OR (p.number IS NULL) <> (s.number = 1) THEN 'seal_follows_another' END,
               jsonb_build_object('records', s.record_count)
        FROM audit_auditseal s LEFT JOIN audit_auditseal p ON p.number = s.number - 1
        WHERE %(organization)s::uuid IS NULL
        UNION ALL
        SELECT NULL, 'audit_chain', coalesce(c.number::text, ''),
               CASE WHEN c.number IS DISTINCT FROM coalesce(s.number, 0) OR c.digest <> s.digest
                      THEN 'last_seal_is_there'
                    WHEN c.line > s.up_to THEN 'line_is_sealed'
                    WHEN c.refused_since IS NOT NULL THEN 'sealing_goes_on' END,
               jsonb_build_object('last', s.number, 'since', c.refused_since)
        FROM (SELECT 1) always
        LEFT JOIN audit_auditchain c ON true
        LEFT JOIN (SELECT number, digest, up_to FROM audit_auditseal ORDER BY number DESC LIMIT 1) s
            ON true
        WHERE %(organization)s::uuid IS NULL""",  # noqa: S608 - our constants
)

PASSES = (SEALED,)
