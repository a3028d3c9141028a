"""Organizations that exist already get the chart of accounts that new ones begin with.

Their accounts are put below its headings, and the system accounts of their base currency that they
lack are opened. The chart is written out here: a migration does not change when the program's does.
"""

from __future__ import annotations

from typing import Any

from django.db import migrations

from kernel.ids import new_id

HEADINGS = (
    ("1000", "Assets", "ASSET", None),
    ("1100", "Cash at bank", "ASSET", "1000"),
    ("1200", "Receivables", "ASSET", "1000"),
    ("1900", "Other assets", "ASSET", "1000"),
    ("2000", "Liabilities", "LIABILITY", None),
    ("2100", "Customer wallets", "LIABILITY", "2000"),
    ("2200", "Payables", "LIABILITY", "2000"),
    ("2900", "Clearing with other organizations", "LIABILITY", "2000"),
    ("3000", "Equity", "EQUITY", None),
    ("3100", "Capital and opening balances", "EQUITY", "3000"),
    ("3200", "Retained earnings", "EQUITY", "3000"),
    ("3900", "Currency positions", "EQUITY", "3000"),
    ("4000", "Income", "INCOME", None),
    ("4100", "Fees", "INCOME", "4000"),
    ("4200", "Other income", "INCOME", "4000"),
    ("4900", "Rounding and exchange differences", "INCOME", "4000"),
    ("5000", "Expenses", "EXPENSE", None),
    ("5100", "Bank charges", "EXPENSE", "5000"),
    ("5200", "Operating expenses", "EXPENSE", "5000"),
    ("5900", "Losses and write-offs", "EXPENSE", "5000"),
)
ACCOUNTS = (
    ("1000-CASH", "Cash at bank", "CASH", "ASSET", "1100", 0),
    ("4000-FEES", "Fee income", "FEE_INCOME", "INCOME", "4100", None),
    ("3000-OPENING", "Opening balances", "GENERAL", "EQUITY", "3100", None),
    ("4900-RESIDUE", "Rounding and exchange residue", "GENERAL", "INCOME", "4900", None),
)
HEADING_OF_KIND = (
    ("CASH", "1100"),
    ("WALLET", "2100"),
    ("CLEARING", "2900"),
    ("FX_POSITION", "3900"),
    ("FEE_INCOME", "4100"),
)


def give_charts(apps: Any, schema_editor: Any) -> None:
    """Write the chart of every organization that has none."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT set_config('vaultcraft.scope', 'platform', true)")
        cursor.execute(
            "SELECT o.id, o.base_currency, c.code IS NOT NULL FROM accounts_organization o"
            " LEFT JOIN ledger_currency c ON c.code = o.base_currency"
            " WHERE NOT EXISTS"
            " (SELECT FROM ledger_accountgroup g WHERE g.organization_id = o.id)"
        )
        for organization_id, currency, supported in cursor.fetchall():
            _give_headings(cursor, organization_id)
            if supported:
                _give_accounts(cursor, organization_id, currency)
        cursor.execute("SELECT set_config('vaultcraft.scope', '', true)")
        # Foreign keys checked at the end of the transaction would bar the next migration's DDL.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def _give_headings(cursor: Any, organization_id: Any) -> None:
    ids = {code: new_id() for code, *_ in HEADINGS}
    for code, name, account_class, parent in HEADINGS:
        cursor.execute(
            "INSERT INTO ledger_accountgroup"
            " (id, organization_id, code, name, account_class, parent_id, created_at)"
            " VALUES (%s, %s, %s, %s, %s, %s, now())",
            [ids[code], organization_id, code, name, account_class, ids.get(parent)],
        )
    for kind, heading in HEADING_OF_KIND:
        cursor.execute(
            "UPDATE ledger_ledgeraccount SET parent_id = %s WHERE organization_id = %s AND kind = %s",
            [ids[heading], organization_id, kind],
        )


def _give_accounts(cursor: Any, organization_id: Any, currency: str) -> None:
    for code, name, kind, account_class, heading, floor_minor in ACCOUNTS:
        cursor.execute(
            "INSERT INTO ledger_ledgeraccount (id, organization_id, kind, account_class,"
            " currency_id, code, name, status, floor_minor, created_at, parent_id,"
            " stopped_by_platform, posted_minor, held_minor, version)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, 'ACTIVE', %s, now(),"
            " (SELECT id FROM ledger_accountgroup WHERE organization_id = %s AND code = %s),"
            " false, 0, 0, 0)"
            " ON CONFLICT (organization_id, currency_id, code)"
            " DO UPDATE SET parent_id = excluded.parent_id",
            [
                new_id(),
                organization_id,
                kind,
                account_class,
                currency,
                code,
                name,
                floor_minor,
                organization_id,
                heading,
            ],
        )


class Migration(migrations.Migration):
    dependencies = [("ledger", "0006_as_of"), ("accounts", "0002_promises")]

    operations = [
        # Taken back, the headings go with their table; accounts that were opened stay.
        migrations.RunPython(give_charts, migrations.RunPython.noop),
    ]
