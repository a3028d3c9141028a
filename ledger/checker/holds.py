"""The pass over holds, and the accounts whose money they reserve.

A capture debits the account with at least what it takes from the hold, of amount and fee. More came
on top while fees of captures were not reserved: holds of that time have no fee of their own. What
each capture was charged is for the room to check that knows the fees.
"""

from __future__ import annotations

from ledger.checker.entries import CHANGE
from ledger.checker.passes import Pass, of

HOLDS = Pass(
    name="holds",
    claim="what accounts hold is what open holds reserve; what was captured is in the books",
    query=f"""
        SELECT a.organization_id, 'account' AS subject, a.id::text AS subject_id,
               CASE WHEN a.held_minor <> coalesce(h.reserved, 0)
                    THEN 'account_held_is_sum' END AS rule,
               jsonb_build_object('code', a.code, 'currency', a.currency_id,
                                  'held_minor', a.held_minor,
                                  'reserved_minor', coalesce(h.reserved, 0)) AS facts
        FROM ledger_ledgeraccount a
        LEFT JOIN (
            SELECT h.account_id, sum(
                CASE h.state WHEN 'OPEN' THEN
                    h.amount_minor - h.captured_minor - h.released_minor + h.fee_minor
                    - div(h.fee_minor::numeric * h.captured_minor,
                          greatest(h.amount_minor, 1))
                ELSE 0 END) AS reserved
            FROM ledger_hold h WHERE {of("h")} GROUP BY h.account_id
        ) h ON h.account_id = a.id
        WHERE {of("a")}
        UNION ALL
        SELECT h.organization_id, 'hold', h.id::text,
               CASE WHEN a.id IS NULL THEN 'hold_account'
                    WHEN a.kind <> 'WALLET' THEN 'hold_account_kind'
                    WHEN h.captured_minor < 0 OR h.released_minor < 0
                      OR h.captured_minor + h.released_minor > h.amount_minor
                        THEN 'hold_within_amount'
                    WHEN (h.state = 'OPEN') <> (h.ended_at IS NULL)
                      OR (h.state = 'OPEN') <> (h.amount_minor > h.captured_minor
                                                                 + h.released_minor)
                      OR h.state = 'CAPTURED' AND h.captured_minor = 0
                      OR h.state IN ('VOIDED', 'EXPIRED') AND h.released_minor = 0
                        THEN 'hold_state'
                    WHEN (h.fee_minor = 0) <> (h.fee_account_id IS NULL)
                      OR h.fee_minor < 0 THEN 'hold_fee'
                    WHEN h.captured_minor + h.fee_captured_minor > coalesce(c.debited, 0)
                      OR h.captured_minor = 0 AND c.debited IS NOT NULL OR c.elsewhere
                        THEN 'hold_captured_in_books' END,
               jsonb_build_object('account', h.account_id, 'state', h.state,
                                  'amount_minor', h.amount_minor,
                                  'captured_minor', h.captured_minor,
                                  'released_minor', h.released_minor,
                                  'fee_minor', h.fee_minor,
                                  'fee_captured_minor', h.fee_captured_minor,
                                  'debited_minor', coalesce(c.debited, 0))
        FROM ledger_hold h
        LEFT JOIN ledger_ledgeraccount a
            ON a.id = h.account_id AND a.organization_id = h.organization_id
           AND a.currency_id = h.currency_id
        LEFT JOIN (
            SELECT t.hold_id, sum(-({CHANGE})) AS debited, bool_or(e.id IS NULL) AS elsewhere
            FROM ledger_transaction t
            JOIN ledger_hold h ON h.id = t.hold_id
            LEFT JOIN ledger_entry e ON e.transaction_id = t.id AND e.account_id = h.account_id
            LEFT JOIN ledger_ledgeraccount a ON a.id = e.account_id
            WHERE t.kind = 'CAPTURE' AND {of("t")} GROUP BY t.hold_id
        ) c ON c.hold_id = h.id
        WHERE {of("h")}""",  # noqa: S608 - our constants
)

PASSES = (HOLDS,)
