"""Transfers: what four foreign keys asked for each row, one trigger asks for the whole statement.

PostgreSQL enforces a foreign key with a query for each row; the four of a transfer cost more than
writing it. The trigger also holds what no key can say: the transactions are this transfer's own, in
the books of its two sides. What is pointed at stays: wallets and transactions are append-only.
"""

from __future__ import annotations

from django.db import migrations, models

DECLARED = migrations.RunSQL(
    """
    ALTER TABLE wallets_transfer
        DROP CONSTRAINT transfer_source, DROP CONSTRAINT transfer_destination;
    ALTER TABLE wallets_transfer
        ADD CONSTRAINT transfer_source FOREIGN KEY (source_id, organization_id, currency_id)
            REFERENCES wallets_wallet (id, organization_id, currency_id) NOT ENFORCED,
        ADD CONSTRAINT transfer_destination FOREIGN KEY (destination_id, currency_id)
            REFERENCES wallets_wallet (id, currency_id) NOT ENFORCED,
        ADD CONSTRAINT transfer_source_transaction FOREIGN KEY (source_transaction_id)
            REFERENCES ledger_transaction (id) NOT ENFORCED,
        ADD CONSTRAINT transfer_destination_transaction FOREIGN KEY (destination_transaction_id)
            REFERENCES ledger_transaction (id) NOT ENFORCED;
    """,
    """
    ALTER TABLE wallets_transfer
        DROP CONSTRAINT transfer_destination_transaction,
        DROP CONSTRAINT transfer_source_transaction,
        DROP CONSTRAINT transfer_destination, DROP CONSTRAINT transfer_source;
    ALTER TABLE wallets_transfer
        ADD CONSTRAINT transfer_source FOREIGN KEY (source_id, organization_id, currency_id)
            REFERENCES wallets_wallet (id, organization_id, currency_id),
        ADD CONSTRAINT transfer_destination FOREIGN KEY (destination_id, currency_id)
            REFERENCES wallets_wallet (id, currency_id);
    """,
)

# The other side's wallet need not be in view; the scope of `wallet_directory` shows it.
CHECKED = migrations.RunSQL(
    """
    CREATE FUNCTION wallets_check_transfers() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    -- Only look-ups by primary key are right for one transfer and for five hundred.
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
    DECLARE
        scope_before text := coalesce(current_setting('vaultcraft.scope', true), '');
        offender uuid;
        rule text;
    BEGIN
        IF scope_before = '' THEN
            PERFORM set_config('vaultcraft.scope', 'directory', true);
        END IF;
        SELECT c.id, c.rule INTO offender, rule
        FROM (
            SELECT n.id, CASE
                WHEN n.source_id IS NOT NULL
                     AND (s.organization_id = n.organization_id AND s.currency_id = n.currency_id)
                         IS NOT TRUE THEN 'transfer_source'
                WHEN n.destination_id IS NOT NULL
                     AND (d.currency_id = n.currency_id AND d.organization_id
                          = coalesce(n.counterparty_organization_id, n.organization_id))
                         IS NOT TRUE THEN 'transfer_destination'
                WHEN n.source_transaction_id IS NOT NULL
                     AND (p.transfer_id = n.id AND p.organization_id = n.organization_id)
                         IS NOT TRUE THEN 'transfer_source_transaction'
                WHEN n.destination_transaction_id = n.source_transaction_id
                    THEN CASE WHEN n.counterparty_organization_id IS NOT NULL
                              THEN 'transfer_destination_transaction' END
                WHEN n.destination_transaction_id IS NOT NULL
                     AND (r.transfer_id = n.id AND r.organization_id
                          = coalesce(n.counterparty_organization_id, n.organization_id))
                         IS NOT TRUE THEN 'transfer_destination_transaction'
                END AS rule
            FROM new_transfers n
            LEFT JOIN wallets_wallet s ON s.id = n.source_id
            LEFT JOIN wallets_wallet d ON d.id = n.destination_id
            LEFT JOIN ledger_transaction p ON p.id = n.source_transaction_id
            -- Inside one organization both sides are the same transaction: one look is enough.
            LEFT JOIN ledger_transaction r
                ON r.id = nullif(n.destination_transaction_id, n.source_transaction_id)
        ) c WHERE c.rule IS NOT NULL LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'transfer % points at what is not its own (%)', offender, rule
                USING ERRCODE = 'foreign_key_violation', CONSTRAINT = rule;
        END IF;
        IF scope_before = '' THEN
            PERFORM set_config('vaultcraft.scope', '', true);
        END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER wallets_transfers_checked AFTER INSERT ON wallets_transfer
        REFERENCING NEW TABLE AS new_transfers
        FOR EACH STATEMENT EXECUTE FUNCTION wallets_check_transfers();
    CREATE TRIGGER wallets_transfers_checked_again AFTER UPDATE ON wallets_transfer
        REFERENCING NEW TABLE AS new_transfers
        FOR EACH STATEMENT EXECUTE FUNCTION wallets_check_transfers();
    """,
    """
    DROP TRIGGER wallets_transfers_checked_again ON wallets_transfer;
    DROP TRIGGER wallets_transfers_checked ON wallets_transfer;
    DROP FUNCTION wallets_check_transfers();
    """,
)


class Migration(migrations.Migration):
    dependencies = [
        ("wallets", "0005_attacked_promises"),
        ("ledger", "0011_one_look_for_a_batch"),
    ]

    operations = [
        migrations.AlterField(
            model_name="transfer",
            name="source_transaction",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=models.deletion.PROTECT,
                related_name="+",
                to="ledger.transaction",
            ),
        ),
        migrations.AlterField(
            model_name="transfer",
            name="destination_transaction",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=models.deletion.PROTECT,
                related_name="+",
                to="ledger.transaction",
            ),
        ),
        migrations.AlterField(
            model_name="spendingusage",
            name="wallet",
            field=models.OneToOneField(
                db_constraint=False,
                on_delete=models.deletion.PROTECT,
                primary_key=True,
                related_name="+",
                serialize=False,
                to="wallets.wallet",
            ),
        ),
        DECLARED,
        CHECKED,
    ]
