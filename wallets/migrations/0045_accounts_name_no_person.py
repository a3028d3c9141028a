"""The books call the account behind a person's wallet by its handle: a name could not be erased.

The program named these accounts after their holders, and what the program named keeps its name. So
the owner of the tables renames them here, once; the organizations' own stay what they are.
"""

from __future__ import annotations

from django.db import migrations

NAMES = migrations.RunSQL(
    """
    SELECT set_config('vaultcraft.scope', 'platform', true);
    ALTER TABLE ledger_ledgeraccount DISABLE TRIGGER ledger_account_name;
    UPDATE ledger_ledgeraccount a SET name = w.handle || ', ' || w.kind
    FROM wallets_wallet w
    WHERE w.account_id = a.id AND w.owner_id IS NOT NULL
      AND a.name <> w.handle || ', ' || w.kind;
    ALTER TABLE ledger_ledgeraccount ENABLE TRIGGER ledger_account_name;
    SELECT set_config('vaultcraft.scope', '', true);
    """,
    migrations.RunSQL.noop,
)


class Migration(migrations.Migration):
    dependencies = [
        ("wallets", "0041_stuck_payouts_by_two"),
        ("ledger", "0017_the_platform_lifts_its_stops"),
    ]

    operations = [NAMES]
