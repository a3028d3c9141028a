"""Entries: of a stopped account, the hold of a payout settles what it reserved, out to the bank.

Migration 0030 asked whose payout it is and not what it pays: with a hold and a payout of one's own a
capture that names them took another's frozen money. So a stopped account passes where it is the
hold's own, is debited with all captures of that hold by no more than the hold gave, and where what
takes it is cash at bank or the account of the hold's fee. Whoever writes the books' trigger anew
after this begins from `APPLY_ENTRIES` below.
"""

from __future__ import annotations

from importlib import import_module

from django.db import migrations

_before = import_module("wallets.migrations.0030_payouts_are_settled")
APPLY_ENTRIES_BEFORE, SETTLED_BEFORE = str(_before.APPLY_ENTRIES), str(_before.SETTLED)

# Looked at only where something would be refused. A hold is written before the entries that take it:
# by now its counters say what it gave. A payout that has ended settles nothing any more.
SETTLED = """
        IF barred IS NOT NULL THEN
            SELECT max(n.account_id::text) INTO barred
            FROM new_entries n JOIN ledger_ledgeraccount a ON a.id = n.account_id
            WHERE a.status = 'CLOSED'
               OR a.status <> 'ACTIVE'
                  AND (a.status <> 'FROZEN'
                       OR (n.side = 'DEBIT') <> (a.account_class IN ('ASSET', 'EXPENSE')))
                  AND NOT EXISTS (
                      SELECT FROM ledger_transaction t
                      JOIN ledger_hold h ON h.id = t.hold_id AND h.account_id = n.account_id
                      JOIN wallets_transfer w ON w.id = t.transfer_id AND w.hold_id = h.id
                          AND w.kind = 'payout' AND w.state = 'PROCESSING'
                      WHERE t.id = n.transaction_id AND n.side = 'DEBIT'
                        AND (SELECT sum(e.amount_minor) FROM ledger_transaction c
                             JOIN ledger_entry e ON e.transaction_id = c.id
                             WHERE c.hold_id = h.id AND e.account_id = h.account_id
                               AND e.side = 'DEBIT') <= h.captured_minor + h.fee_captured_minor
                        AND NOT EXISTS (
                            SELECT FROM new_entries o
                            JOIN ledger_ledgeraccount p ON p.id = o.account_id
                            WHERE o.transaction_id = t.id AND p.id <> h.account_id
                              AND p.kind <> 'CASH' AND p.id IS DISTINCT FROM h.fee_account_id));
        END IF;
        IF barred IS NOT NULL THEN
            RAISE EXCEPTION"""
assert APPLY_ENTRIES_BEFORE.count(SETTLED_BEFORE) == 1
APPLY_ENTRIES = APPLY_ENTRIES_BEFORE.replace(SETTLED_BEFORE, SETTLED)


class Migration(migrations.Migration):
    dependencies = [
        ("wallets", "0033_beneficiaries_of_their_people"),
        ("ledger", "0017_the_platform_lifts_its_stops"),
    ]

    operations = [migrations.RunSQL(APPLY_ENTRIES, APPLY_ENTRIES_BEFORE)]
