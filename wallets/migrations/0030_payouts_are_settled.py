"""Entries: a stopped account still gives what a bank has paid out of a hold of that account.

Freezing a wallet says that nothing shall leave it. What has left already has: refusing to book it
only makes the books wrong. So the statement's trigger lets pass, on accounts that are frozen or
suspended, what captures the hold of a payout that waits for its bank, and nothing else. Only this
room knows payouts, so the books' trigger is written anew here. Whoever writes it anew after this
begins from `APPLY_ENTRIES` below.
"""

from __future__ import annotations

from importlib import import_module

from django.db import migrations

APPLY_ENTRIES_BEFORE = str(
    import_module("ledger.migrations.0011_one_look_for_a_batch").APPLY_ENTRIES
)

REFUSED = """
        IF barred IS NOT NULL THEN
            RAISE EXCEPTION"""
# Looked at only where something would be refused. The hold of a transaction is the payout's own, and
# a payout that has ended settles nothing any more.
SETTLED = """
        IF barred IS NOT NULL THEN
            SELECT max(n.account_id::text) INTO barred
            FROM new_entries n
            JOIN ledger_ledgeraccount a ON a.id = n.account_id
            JOIN ledger_transaction t ON t.id = n.transaction_id
            LEFT JOIN wallets_transfer w ON w.id = t.transfer_id AND w.hold_id = t.hold_id
                AND w.kind = 'payout' AND w.state = 'PROCESSING'
            WHERE a.status = 'CLOSED'
               OR a.status <> 'ACTIVE' AND w.id IS NULL
                  AND (a.status <> 'FROZEN'
                       OR (n.side = 'DEBIT') <> (a.account_class IN ('ASSET', 'EXPENSE')));
        END IF;
        IF barred IS NOT NULL THEN
            RAISE EXCEPTION"""
assert APPLY_ENTRIES_BEFORE.count(REFUSED) == 1
APPLY_ENTRIES = APPLY_ENTRIES_BEFORE.replace(REFUSED, SETTLED)


class Migration(migrations.Migration):
    dependencies = [
        ("wallets", "0023_promises_of_payouts"),
        ("ledger", "0016_rules_a_review_missed"),
    ]

    operations = [migrations.RunSQL(APPLY_ENTRIES, APPLY_ENTRIES_BEFORE)]
