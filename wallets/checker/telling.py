"""Passes over what was told of transfers: the events and the evidence of each outcome."""

from __future__ import annotations

from typing import LiteralString

from ledger.checker import Pass
from ledger.checker.passes import of
from ledger.checker.told import FORGOTTEN_BEFORE
from wallets.checker.transfers import IN_BOOKS

# Who learns of a transfer: the asking side always, the other side when money moved. Each side is
# told the ids of its own wallets: across organizations the asking side's is the source. A fee is
# told to the side that pays it, or gets it back. Before the migration that came with this, wallets
# of both sides were told to both, and no fee; what was told then cannot be told again.
_SINCE: LiteralString = (
    "(SELECT max(applied) FROM django_migrations WHERE app = 'wallets' AND name LIKE '0005%%')"
)
_AUDIENCE: LiteralString = f"""
    SELECT w.id, w.organization_id, w.state, w.amount_minor, w.source_id::text AS source,
           CASE WHEN w.counterparty_organization_id IS NULL THEN w.destination_id::text
           END AS destination,
           w.currency_id AS currency, nullif(w.reason_code, '') AS reason,
           -- What waited was decided later than it was asked for.
           CASE WHEN w.kind <> 'payout' THEN w.created_at END AS created_at,
           CASE WHEN w.kind = 'reversal' AND w.counterparty_organization_id IS NOT NULL
                THEN 0 ELSE w.fee_minor END AS fee_minor,
           coalesce(uuid_extract_timestamp(w.id) >= {_SINCE}, true) AS fully
    FROM wallets_transfer w
    WHERE w.state IN ('COMPLETED', 'FAILED', 'CANCELLED') AND {of("w")}
    UNION ALL
    SELECT w.id, w.counterparty_organization_id, w.state, w.amount_minor, NULL,
           w.destination_id::text, w.currency_id, nullif(w.reason_code, ''), w.created_at,
           CASE WHEN w.kind = 'reversal' THEN w.fee_minor ELSE 0 END,
           coalesce(uuid_extract_timestamp(w.id) >= {_SINCE}, true)
    FROM wallets_transfer w
    WHERE w.state = 'COMPLETED' AND w.counterparty_organization_id IS NOT NULL
      AND (%(organization)s::uuid IS NULL
           OR w.counterparty_organization_id = %(organization)s)"""  # noqa: S608 - our constants

EVENTS = Pass(
    name="events",
    claim="each outcome of a transfer was told once to each side that may know",
    expected_when=IN_BOOKS,
    query=f"""
        SELECT organization_id, 'transfer' AS subject, id::text AS subject_id,
               CASE WHEN w.state IS NULL THEN 'event_has_outcome'
                    WHEN o.times IS NULL AND w.created_at < {FORGOTTEN_BEFORE} THEN NULL
                    WHEN o.times IS DISTINCT FROM 1 THEN 'outcome_has_one_event'
                    WHEN o.name <> 'wallets.transfer.' || lower(w.state) THEN 'event_names_outcome'
                    WHEN o.told_minor IS DISTINCT FROM w.amount_minor THEN 'event_tells_amount'
                    WHEN w.fully AND (o.source, o.destination)
                         IS DISTINCT FROM (w.source, w.destination)
                         THEN 'event_tells_own_wallets'
                    WHEN (o.currency, o.reason, o.asked_at) IS DISTINCT FROM
                         (w.currency, w.reason, coalesce(w.created_at, o.asked_at))
                      OR w.fully AND o.fee_minor IS DISTINCT FROM w.fee_minor
                         THEN 'event_tells_terms'
               END AS rule,
               jsonb_build_object('state', w.state, 'event', o.name, 'told_minor', o.told_minor,
                                  'amount_minor', w.amount_minor,
                                  'events', coalesce(o.times, 0)) AS facts
        FROM ({_AUDIENCE}) w
        FULL JOIN (
            SELECT o.subject_id AS id, o.organization_id, count(*) AS times, min(o.name) AS name,
                   min((o.payload ->> 'amount_minor')::bigint) AS told_minor,
                   min(o.payload ->> 'source_wallet_id') AS source,
                   min(o.payload ->> 'destination_wallet_id') AS destination,
                   min(o.payload ->> 'currency') AS currency,
                   min(o.payload ->> 'reason_code') AS reason,
                   min((o.payload ->> 'fee_minor')::bigint) AS fee_minor,
                   min(o.occurred_at) AS asked_at
            FROM events_outboxevent o
            WHERE o.name IN ('wallets.transfer.completed', 'wallets.transfer.failed',
                             'wallets.transfer.cancelled') AND {of("o")}
            GROUP BY o.subject_id, o.organization_id
        ) o USING (id, organization_id)""",  # noqa: S608 - our constants
)

EVIDENCE = Pass(
    name="evidence",
    claim="each outcome of a transfer has one audit record for each side that may know",
    expected_when=IN_BOOKS,
    query=f"""
        SELECT organization_id, 'transfer' AS subject, id::text AS subject_id,
               CASE WHEN w.state IS NULL THEN 'record_has_outcome'
                    WHEN r.times IS DISTINCT FROM 1 THEN 'outcome_has_one_record'
                    WHEN r.action <> CASE w.state WHEN 'COMPLETED' THEN 'wallets.transfer.complete'
                                     WHEN 'FAILED' THEN 'wallets.transfer.fail'
                                     ELSE 'wallets.transfer.cancel' END THEN 'record_names_outcome'
                    WHEN r.told_minor IS DISTINCT FROM w.amount_minor THEN 'record_tells_amount'
                    WHEN w.fully AND (r.source, r.destination)
                         IS DISTINCT FROM (w.source, w.destination)
                         THEN 'record_tells_own_wallets'
                    WHEN (r.currency, r.reason, r.asked_at) IS DISTINCT FROM
                         (w.currency, w.reason, coalesce(w.created_at, r.asked_at))
                      OR w.fully AND r.fee_minor IS DISTINCT FROM w.fee_minor
                         THEN 'record_tells_terms'
               END AS rule,
               jsonb_build_object('state', w.state, 'action', r.action,
                                  'told_minor', r.told_minor, 'amount_minor', w.amount_minor,
                                  'records', coalesce(r.times, 0)) AS facts
        FROM ({_AUDIENCE}) w
        FULL JOIN (
            SELECT r.subject_id AS id, r.organization_id, count(*) AS times,
                   min(r.action) AS action,
                   min((r.metadata ->> 'amount_minor')::bigint) AS told_minor,
                   min(r.metadata ->> 'source_wallet_id') AS source,
                   min(r.metadata ->> 'destination_wallet_id') AS destination,
                   min(r.metadata ->> 'currency') AS currency,
                   min(r.metadata ->> 'reason_code') AS reason,
                   min((r.metadata ->> 'fee_minor')::bigint) AS fee_minor,
                   min(r.at) AS asked_at
            FROM audit_auditrecord r
            WHERE r.action IN ('wallets.transfer.complete', 'wallets.transfer.fail',
                               'wallets.transfer.cancel') AND {of("r")}
            GROUP BY r.subject_id, r.organization_id
        ) r USING (id, organization_id)""",  # noqa: S608 - our constants
)

PASSES = (EVENTS, EVIDENCE)
