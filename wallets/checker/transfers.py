"""Passes over wallets and transfers: with their accounts and transactions in the books."""

from __future__ import annotations

from typing import LiteralString

from ledger.checker import Pass
from ledger.checker.passes import ALONE, of

OF_TRANSFER: LiteralString = (
    "(%(organization)s::uuid IS NULL OR w.organization_id = %(organization)s"
    " OR w.counterparty_organization_id = %(organization)s)"
)
# A transaction's transfer is asked about where either is the organization's.
_OF_MOVED: LiteralString = f"""
    ({of("t")} OR EXISTS (
        SELECT FROM wallets_transfer w WHERE w.id = t.transfer_id AND {OF_TRANSFER}))"""
IN_BOOKS: LiteralString = (
    f"EXISTS (SELECT FROM ledger_transaction t WHERE t.transfer_id IS NOT NULL AND {of('t')})"
)

WALLETS = Pass(
    name="wallets",
    claim="each wallet stands on one wallet account of its organization and currency",
    query=f"""
        SELECT coalesce(w.organization_id, a.organization_id) AS organization_id,
               'wallet' AS subject, coalesce(w.id, a.id)::text AS subject_id,
               CASE WHEN w.id IS NULL THEN 'wallet_exists'
                    WHEN a.id IS NULL THEN 'wallet_account_kind'
                    WHEN a.organization_id <> w.organization_id OR a.currency_id <> w.currency_id
                        THEN 'wallet_account' END AS rule,
               jsonb_build_object('handle', w.handle, 'account', a.id) AS facts
        FROM (SELECT * FROM wallets_wallet w WHERE {of("w")}) w
        FULL JOIN (SELECT * FROM ledger_ledgeraccount a WHERE a.kind = 'WALLET' AND {of("a")}) a
            ON a.id = w.account_id""",  # noqa: S608 - our constants
)

# What the books moved on the two wallets' own accounts: paid by the source, received by the other.
_MOVED: LiteralString = """
    SELECT t.transfer_id, count(*) FILTER (WHERE e.seq = 1 OR e.id IS NULL) AS transactions,
           any_value(t.organization_id) AS organization_id,
           count(*) FILTER (WHERE t.organization_id NOT IN (
               w.organization_id, coalesce(w.counterparty_organization_id, w.organization_id))
           ) AS strangers,
           count(*) FILTER (WHERE t.id = w.source_transaction_id
                              AND t.organization_id = w.organization_id) AS at_source,
           count(*) FILTER (
               WHERE t.id = w.destination_transaction_id AND t.organization_id
                     = coalesce(w.counterparty_organization_id, w.organization_id)
           ) AS at_destination,
           bool_or(w.effective_at IS NOT NULL
                   AND t.effective_at <> least(w.effective_at, t.recorded_at)) AS misdated,
           count(*) FILTER (WHERE e.account_id IN (s.account_id, d.account_id)
                              AND e.currency_id <> w.currency_id) AS in_other_currency,
           bool_or(t.reference <> w.reference) AS under_another_reference,
           bool_or(t.recorded_at <> w.completed_at) AS recorded_at_another_time,
           sum(CASE e.side WHEN 'DEBIT' THEN e.amount_minor ELSE -e.amount_minor END)
               FILTER (WHERE e.account_id = s.account_id) AS paid_minor,
           sum(CASE e.side WHEN 'CREDIT' THEN e.amount_minor ELSE -e.amount_minor END)
               FILTER (WHERE e.account_id = d.account_id) AS received_minor
    FROM ledger_transaction t
    LEFT JOIN ledger_entry e ON e.transaction_id = t.id
    LEFT JOIN wallets_transfer w ON w.id = t.transfer_id
    LEFT JOIN wallets_wallet s ON s.id = w.source_id
    LEFT JOIN wallets_wallet d ON d.id = w.destination_id
    WHERE t.transfer_id IS NOT NULL GROUP BY t.transfer_id"""

TRANSFERS = Pass(
    name="transfers",
    claim="each completed transfer is in the books as asked, and no other transfer is",
    expected_when=IN_BOOKS,
    planned_with=ALONE,
    query=f"""
        SELECT coalesce(w.organization_id, t.organization_id) AS organization_id,
               'transfer' AS subject, coalesce(w.id, t.transfer_id)::text AS subject_id,
               CASE WHEN w.id IS NULL THEN 'transfer_exists'
                    WHEN coalesce(t.transactions, 0) <> CASE
                        WHEN w.state <> 'COMPLETED' THEN 0
                        WHEN w.counterparty_organization_id IS NULL THEN 1 ELSE 2 END
                        THEN 'transfer_transactions'
                    WHEN w.state <> 'COMPLETED' THEN NULL
                    WHEN t.strangers > 0
                      OR w.source_id IS NOT NULL AND t.at_source = 0
                      OR w.destination_id IS NOT NULL AND t.at_destination = 0
                        THEN 'transfer_organizations'
                    WHEN t.misdated THEN 'transfer_effective_at'
                    WHEN w.source_id IS NOT NULL AND t.paid_minor IS DISTINCT FROM w.amount_minor
                         + CASE WHEN w.kind = 'reversal' THEN 0 ELSE w.fee_minor END
                        THEN 'transfer_source_debited'
                    WHEN w.destination_id IS NOT NULL
                     AND t.received_minor IS DISTINCT FROM w.amount_minor
                         + CASE WHEN w.kind = 'reversal' THEN w.fee_minor ELSE 0 END
                        THEN 'transfer_destination_credited'
                    WHEN t.in_other_currency > 0 THEN 'transfer_currency'
                    WHEN t.under_another_reference THEN 'transfer_reference'
                    WHEN t.recorded_at_another_time THEN 'transfer_completed_at'
                    WHEN w.kind = 'reversal' AND (
                        o.id IS NULL OR o.state <> 'COMPLETED' OR o.kind = 'reversal'
                        OR o.source_id IS DISTINCT FROM w.destination_id
                        OR o.destination_id IS DISTINCT FROM w.source_id)
                        THEN 'transfer_reverses_another'
                    WHEN back.amount_minor > w.amount_minor OR back.fee_minor > w.fee_minor
                        THEN 'transfer_reversed_within' END AS rule,
               jsonb_build_object('state', w.state, 'kind', w.kind, 'currency', w.currency_id,
                                  'amount_minor', w.amount_minor, 'fee_minor', w.fee_minor,
                                  'reverses', w.reverses_id, 'reversed_minor', back.amount_minor,
                                  'completed_at', w.completed_at,
                                  'paid_minor', t.paid_minor, 'received_minor', t.received_minor,
                                  'transactions', coalesce(t.transactions, 0)) AS facts
        FROM (SELECT * FROM wallets_transfer w WHERE {OF_TRANSFER}) w
        FULL JOIN (SELECT * FROM ({_MOVED}) t WHERE {_OF_MOVED}) t ON t.transfer_id = w.id
        LEFT JOIN wallets_transfer o ON o.id = w.reverses_id
        LEFT JOIN (
            SELECT r.reverses_id, sum(r.amount_minor) AS amount_minor, sum(r.fee_minor) AS fee_minor
            FROM wallets_transfer r WHERE r.reverses_id IS NOT NULL AND r.state = 'COMPLETED'
            GROUP BY r.reverses_id
        ) back ON back.reverses_id = w.id""",  # noqa: S608 - our constants
)

PASSES = (WALLETS, TRANSFERS)
