"""Passes over how transactions came into the books: by a transfer that names them, and its fee."""

from __future__ import annotations

from ledger.checker import Pass
from ledger.checker.passes import ALONE, ENTRIES, of
from wallets.checker.transfers import IN_BOOKS, OF_TRANSFER

# What undoes a journal is by hand like the journal, and looked at there. The receiver's side of a
# capture across organizations captures nothing there: it is a transfer.
BY_TRANSFER = Pass(
    name="by_transfer",
    claim="each movement of customers' money belongs to a completed transfer that names it",
    expected_when=ENTRIES,
    planned_with=ALONE,
    query=f"""
        SELECT t.organization_id, 'transaction' AS subject, t.id::text AS subject_id,
               CASE WHEN t.kind NOT IN ('TRANSFER', 'CAPTURE', 'DEPOSIT', 'WITHDRAWAL', 'REVERSAL')
                      OR t.kind = 'REVERSAL' AND o.kind = 'JOURNAL' THEN NULL
                    WHEN w.id IS NULL THEN 'transaction_has_transfer'
                    WHEN w.state <> 'COMPLETED'
                      OR t.id IS DISTINCT FROM w.source_transaction_id
                     AND t.id IS DISTINCT FROM w.destination_transaction_id
                        THEN 'transfer_names_transaction'
                    WHEN lower(t.kind) <> w.kind AND NOT (
                        t.kind = 'TRANSFER' AND w.kind = 'capture'
                        AND t.organization_id = w.counterparty_organization_id
                        OR t.kind = 'CAPTURE' AND w.kind = 'payout'
                    ) THEN 'transaction_kind_of_transfer' END AS rule,
               jsonb_build_object('kind', t.kind, 'transfer', t.transfer_id, 'state', w.state,
                                  'transfer_kind', w.kind) AS facts
        FROM ledger_transaction t
        LEFT JOIN wallets_transfer w ON w.id = t.transfer_id
        LEFT JOIN ledger_transaction o
            ON o.id = t.reverses_id AND o.organization_id = t.organization_id
        WHERE {of("t")}""",  # noqa: S608 - our constants
)

FEES = Pass(
    name="fees",
    claim="the fee of each completed transfer is income of the payer's organization",
    expected_when=IN_BOOKS,
    planned_with=ALONE,
    query=f"""
        SELECT w.organization_id, 'transfer' AS subject, w.id::text AS subject_id,
               CASE WHEN w.state = 'COMPLETED' AND w.kind <> 'reversal'
                     AND w.fee_minor <> coalesce(f.income_minor, 0)
                    THEN 'fee_is_income' END AS rule,
               jsonb_build_object('kind', w.kind, 'fee_minor', w.fee_minor,
                                  'income_minor', coalesce(f.income_minor, 0)) AS facts
        FROM wallets_transfer w
        LEFT JOIN (
            SELECT e.transaction_id,
                   sum(CASE e.side WHEN 'CREDIT' THEN e.amount_minor ELSE -e.amount_minor END)
                       AS income_minor
            FROM ledger_entry e
            JOIN ledger_ledgeraccount a ON a.id = e.account_id AND a.kind = 'FEE_INCOME'
            GROUP BY e.transaction_id
        ) f ON f.transaction_id = w.source_transaction_id
        WHERE {OF_TRANSFER}""",  # noqa: S608 - our constants
)

PASSES = (BY_TRANSFER, FEES)
