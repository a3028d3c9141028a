"""The pass over what was told of the books: each transaction by one event, entry by entry."""

from __future__ import annotations

from typing import LiteralString

from ledger.checker.passes import IN_ORDER, Pass, of

# What the outbox has let go of: events that occurred before it. NULL as long as it keeps them all.
FORGOTTEN_BEFORE: LiteralString = (
    "(SELECT r.forgotten_before FROM events_relaycursor r WHERE r.name = 'events')"
)

# Organizations may be older than the event: what they posted before its first is not told. What the
# books say is written as the event writes it, and jsonb compares numbers as numbers. A new field of
# an entry comes into this query with it.
_TOLD: LiteralString = f"""
    SELECT o.subject_id AS id, count(*) AS times, min(o.organization_id::text) AS organization,
           count(*) FILTER (WHERE o.organization_id IS NULL) AS nobodys,
           (array_agg(o.payload))[1] AS payload, min(o.occurred_at) AS occurred_at
    FROM events_outboxevent o
    WHERE o.name = 'ledger.transaction.posted'
      AND (%(organization)s::uuid IS NULL OR o.organization_id = %(organization)s
           OR o.subject_id IN (SELECT t.id FROM ledger_transaction t WHERE {of("t")}))
    GROUP BY o.subject_id"""  # noqa: S608 - our constants
_ENTRIES: LiteralString = """
    SELECT e.transaction_id AS id,
           jsonb_agg(jsonb_build_object(
               'account_id', e.account_id, 'side', e.side, 'amount_minor', e.amount_minor,
               'currency', e.currency_id, 'version', e.version,
               'balance_minor', e.balance_after_minor) ORDER BY e.seq) AS entries
    FROM ledger_entry e GROUP BY e.transaction_id"""

TOLD = Pass(
    name="told",
    claim="each transaction is told by one event of its organization, entry by entry",
    expected_when=f"EXISTS (SELECT FROM events_outboxevent o"
    f" WHERE o.name = 'ledger.transaction.posted' AND {of('o')})",
    query=f"""
        SELECT coalesce(t.organization_id, o.organization::uuid) AS organization_id,
               'transaction' AS subject, coalesce(t.id, o.id)::text AS subject_id,
               CASE WHEN t.id IS NULL THEN 'told_transaction_exists'
                    WHEN o.id IS NULL AND (t.recorded_at < s.since
                                           OR t.recorded_at < {FORGOTTEN_BEFORE}) THEN NULL
                    WHEN o.times IS DISTINCT FROM 1 THEN 'transaction_told_once'
                    WHEN o.nobodys > 0 OR o.organization <> t.organization_id::text
                        THEN 'transaction_told_to_its_own'
                    WHEN o.payload -> 'entries' IS DISTINCT FROM e.entries
                        THEN 'transaction_told_as_entered'
                    WHEN (o.payload ->> 'transaction_id', o.payload ->> 'kind',
                          o.payload ->> 'transfer_id', o.payload ->> 'reverses_transaction_id',
                          o.payload ->> 'hold_id')
                         IS DISTINCT FROM
                         (t.id::text, t.kind, t.transfer_id::text, t.reverses_id::text,
                          t.hold_id::text)
                      OR (o.payload ->> 'effective_at')::timestamptz
                         IS DISTINCT FROM t.effective_at
                      OR (o.payload ->> 'recorded_at')::timestamptz
                         IS DISTINCT FROM t.recorded_at
                      OR o.occurred_at IS DISTINCT FROM t.recorded_at
                        THEN 'transaction_told_as_recorded'
               END AS rule,
               jsonb_build_object('events', coalesce(o.times, 0), 'told_to', o.organization,
                                  'kind', t.kind, 'told_kind', o.payload -> 'kind',
                                  'entries', e.entries,
                                  'told_entries', o.payload -> 'entries') AS facts
        FROM (SELECT * FROM ledger_transaction t WHERE {of("t")}) t
        LEFT JOIN ({_ENTRIES}) e ON e.id = t.id
        LEFT JOIN (
            SELECT o.organization_id, min(o.occurred_at) AS since FROM events_outboxevent o
            WHERE o.name = 'ledger.transaction.posted' GROUP BY o.organization_id
        ) s ON s.organization_id = t.organization_id
        FULL JOIN ({_TOLD}) o ON o.id = t.id
        WHERE s.since IS NOT NULL OR o.id IS NOT NULL""",  # noqa: S608 - our constants
    planned_with=IN_ORDER,
)

PASSES = (TOLD,)
