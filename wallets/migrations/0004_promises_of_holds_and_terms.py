"""What the database holds about customers' holds, fees and limits, and the directory with zones."""

from __future__ import annotations

from importlib import import_module

from django.db import migrations

from kernel.row_security import append_only, grants, of_tenant, tenant_table

_DIRECTORY_BEFORE = import_module("wallets.migrations.0002_promises").DIRECTORY

# The payer's kind of wallet and time zone decide which limits apply, so the directory tells them.
DIRECTORY = (
    _DIRECTORY_BEFORE.sql.replace(
        "account_id uuid\n    )", "account_id uuid, kind text, organization_timezone text\n    )"
    )
    .replace("w.account_id\n", "w.account_id, w.kind, o.timezone::text\n")
    .replace("CREATE FUNCTION", f"{_DIRECTORY_BEFORE.reverse_sql}\n    CREATE FUNCTION")
)

COMPOSITE_KEYS = migrations.RunSQL(
    """
    ALTER TABLE wallets_wallethold
        ADD CONSTRAINT wallet_hold_source FOREIGN KEY (source_id, organization_id, currency_id)
            REFERENCES wallets_wallet (id, organization_id, currency_id),
        ADD CONSTRAINT wallet_hold_destination FOREIGN KEY (destination_id, currency_id)
            REFERENCES wallets_wallet (id, currency_id);
    ALTER TABLE wallets_feeschedule
        ADD CONSTRAINT fee_schedule_account FOREIGN KEY (account_id, organization_id, currency_id)
            REFERENCES ledger_ledgeraccount (id, organization_id, currency_id);
    ALTER TABLE wallets_spendingusage
        ADD CONSTRAINT spending_usage_wallet FOREIGN KEY (wallet_id, organization_id)
            REFERENCES wallets_wallet (id, organization_id);
    ALTER TABLE wallets_spendingusage SET (fillfactor = 70);
    """,
    """
    ALTER TABLE wallets_spendingusage RESET (fillfactor);
    ALTER TABLE wallets_spendingusage DROP CONSTRAINT spending_usage_wallet;
    ALTER TABLE wallets_feeschedule DROP CONSTRAINT fee_schedule_account;
    ALTER TABLE wallets_wallethold
        DROP CONSTRAINT wallet_hold_destination, DROP CONSTRAINT wallet_hold_source;
    """,
)

# Amounts in whole units, for currencies of any exponent; savings below current below merchant.
RULES = migrations.RunSQL(
    """
    INSERT INTO wallets_limitrule
        (id, organization_id, wallet_kind, currency_id, day_minor, month_minor, set_at)
    SELECT gen_random_uuid(), NULL, k.kind, c.code,
           k.day * s.scale * (10 ^ c.exponent)::bigint,
           k.month * s.scale * (10 ^ c.exponent)::bigint, now()
    FROM (VALUES ('savings', 10000, 100000), ('current', 50000, 500000),
                 ('merchant', 250000, 2500000)) AS k (kind, day, month)
    CROSS JOIN ledger_currency c
    CROSS JOIN LATERAL (SELECT CASE WHEN c.code IN ('INR', 'JPY') THEN 100 ELSE 1 END) AS s (scale);
    SET CONSTRAINTS ALL IMMEDIATE;
    """,
    "DELETE FROM wallets_limitrule;",
)


class Migration(migrations.Migration):
    dependencies = [
        ("wallets", "0003_holds_and_terms"),
        ("ledger", "0004_promises_of_complete_books"),
    ]

    operations = [
        COMPOSITE_KEYS,
        RULES,
        migrations.RunSQL(DIRECTORY, f"{_DIRECTORY_BEFORE.reverse_sql}\n{_DIRECTORY_BEFORE.sql}"),
        tenant_table("wallets_wallethold", visible=of_tenant("organization_id")),
        tenant_table("wallets_feeschedule", visible=of_tenant("organization_id")),
        tenant_table(
            "wallets_limitrule",
            visible=f"({of_tenant('organization_id')} OR organization_id IS NULL)",
            writable=of_tenant("organization_id"),
        ),
        tenant_table("wallets_spendingusage", visible=of_tenant("organization_id")),
        append_only("wallets_wallethold"),
        grants(
            "wallets_feeschedule",
            "SELECT",
            "INSERT",
            "UPDATE (fixed_minor, bps, floor_minor, ceiling_minor, set_at)",
        ),
        grants("wallets_limitrule", "SELECT", "INSERT", "UPDATE (day_minor, month_minor, set_at)"),
        grants(
            "wallets_spendingusage",
            "SELECT",
            "INSERT",
            "UPDATE (day, day_minor, month, month_minor)",
        ),
    ]
