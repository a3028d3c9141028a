"""The pass over customers' holds: the request, the hold in the books, the captures, the telling."""

from __future__ import annotations

from ledger.checker import Pass
from ledger.checker.passes import of
from wallets.checker.hold_telling import BEHIND, EVENTS, RECORDS

# Captures were charged on top before holds reserved their fee: of a hold without a fee nothing is
# said here about what its captures were charged. That it is income, the pass over fees says.
HOLDS = Pass(
    name="wallet_holds",
    claim="each reservation is a customer's hold as it was told, and its captures are transfers",
    query=f"""
        SELECT w.organization_id, 'wallet' AS subject, w.id::text AS subject_id,
               CASE WHEN a.held_minor <> coalesce(h.reserved, 0)
                    THEN 'wallet_held_is_sum' END AS rule,
               jsonb_build_object('held_minor', a.held_minor,
                                  'reserved_minor', coalesce(h.reserved, 0)) AS facts
        FROM wallets_wallet w
        JOIN ledger_ledgeraccount a ON a.id = w.account_id
        LEFT JOIN (
            SELECT m.source_id, sum(h.reserved_minor) AS reserved
            FROM {BEHIND} m JOIN ledger_hold h ON h.id = m.hold_id
            GROUP BY m.source_id
        ) h ON h.source_id = w.id
        WHERE {of("w")}
        UNION ALL
        SELECT coalesce(w.organization_id, h.organization_id), 'hold',
               coalesce(w.hold_id, h.id)::text,
               CASE WHEN w.hold_id IS NULL THEN 'hold_is_customers'
                    WHEN h.id IS NULL OR s.account_id IS DISTINCT FROM h.account_id
                      OR h.organization_id <> w.organization_id
                      OR h.currency_id <> w.currency_id THEN 'wallet_hold_account'
                    WHEN h.captured_minor <> coalesce(c.captured, 0)
                        THEN 'wallet_hold_captured_is_sum'
                    WHEN h.fee_minor > 0 AND h.fee_captured_minor <> coalesce(c.charged, 0)
                        THEN 'wallet_hold_fee_is_sum'
                    WHEN c.strangers > 0 THEN 'wallet_hold_destination' END,
               jsonb_build_object('wallet', w.source_id, 'state', h.state,
                                  'amount_minor', h.amount_minor,
                                  'captured_minor', h.captured_minor,
                                  'transfers_minor', coalesce(c.captured, 0),
                                  'fee_captured_minor', h.fee_captured_minor,
                                  'charged_minor', coalesce(c.charged, 0))
        FROM (SELECT * FROM {BEHIND} w WHERE {of("w")}) w
        FULL JOIN (SELECT * FROM ledger_hold h WHERE {of("h")}) h ON h.id = w.hold_id
        LEFT JOIN wallets_wallet s ON s.id = w.source_id
        LEFT JOIN (
            SELECT t.hold_id, sum(t.amount_minor) AS captured,
                   sum(t.fee_minor) AS charged,
                   count(*) FILTER (WHERE t.source_id <> m.source_id
                                       OR t.destination_id <> m.destination_id) AS strangers
            FROM wallets_transfer t JOIN {BEHIND} m ON m.hold_id = t.hold_id
            WHERE t.state = 'COMPLETED' GROUP BY t.hold_id
        ) c ON c.hold_id = w.hold_id
        UNION ALL {EVENTS} UNION ALL {RECORDS}""",  # noqa: S608 - our constants
)

PASSES = (HOLDS,)
