"""What the database holds about wallets and transfers, and the directory of wallets.

The directory is the one look beyond one's own organization: given the exact id or handle of a
wallet it tells what a payer must know to send money there. It runs as the tables' owner under the
scope `directory`, which the policies accept from that role only, so no statement of the
application's own can widen its view this way.
"""

from __future__ import annotations

from django.db import migrations

from kernel.row_security import APPLICATION, SCOPE, VISIBLE, grants, of_tenant, tenant_table

# The other side sees money that reached it; what was refused is the payer's own business.
MONEY_FOR_US = f"(counterparty_organization_id = ANY ({VISIBLE}) AND state = 'COMPLETED')"
IN_DIRECTORY = f"({SCOPE} = 'directory' AND current_user = 'vaultcraft_owner')"

DIRECTORY = migrations.RunSQL(
    f"""
    CREATE FUNCTION wallet_directory(wanted_ids uuid[], wanted_handles text[])
    RETURNS TABLE (
        id uuid, handle text, organization_id uuid, organization_status text,
        organization_name text, owner_id uuid, holder_name text, currency varchar,
        account_id uuid
    )
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE
        scope_before text := coalesce(current_setting('vaultcraft.scope', true), '');
    BEGIN
        PERFORM set_config('vaultcraft.scope', 'directory', true);
        RETURN QUERY
            SELECT w.id, w.handle, w.organization_id, o.status::text, o.display_name::text,
                   w.owner_id, coalesce(u.full_name, o.display_name)::text, w.currency_id,
                   w.account_id
            FROM (
                SELECT * FROM wallets_wallet i WHERE i.id = ANY (wanted_ids)
                UNION ALL
                SELECT * FROM wallets_wallet h WHERE h.handle = ANY (wanted_handles)
            ) w
            JOIN accounts_organization o ON o.id = w.organization_id
            LEFT JOIN accounts_user u ON u.id = w.owner_id;
        PERFORM set_config('vaultcraft.scope', scope_before, true);
    END $$;
    REVOKE ALL ON FUNCTION wallet_directory(uuid[], text[]) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION wallet_directory(uuid[], text[]) TO {APPLICATION};
    """,  # noqa: S608 - role names only
    "DROP FUNCTION wallet_directory(uuid[], text[]);",
)

COMPOSITE_KEYS = migrations.RunSQL(
    """
    ALTER TABLE wallets_transfer
        ADD CONSTRAINT transfer_source FOREIGN KEY (source_id, organization_id, currency_id)
            REFERENCES wallets_wallet (id, organization_id, currency_id),
        ADD CONSTRAINT transfer_destination FOREIGN KEY (destination_id, currency_id)
            REFERENCES wallets_wallet (id, currency_id);
    ALTER TABLE wallets_wallet
        ADD CONSTRAINT wallet_account FOREIGN KEY (account_id, organization_id, currency_id)
            REFERENCES ledger_ledgeraccount (id, organization_id, currency_id);
    """,
    """
    ALTER TABLE wallets_transfer
        DROP CONSTRAINT transfer_source, DROP CONSTRAINT transfer_destination;
    ALTER TABLE wallets_wallet DROP CONSTRAINT wallet_account;
    """,
)

TRANSFERS = migrations.RunSQL(
    """
    CREATE FUNCTION wallets_guard_transfer() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF NOT (OLD.state, NEW.state) IN (
            ('PENDING', 'PROCESSING'), ('PENDING', 'COMPLETED'), ('PENDING', 'FAILED'),
            ('PENDING', 'CANCELLED'), ('PROCESSING', 'COMPLETED'), ('PROCESSING', 'FAILED'),
            ('PROCESSING', 'CANCELLED')
        ) THEN
            RAISE EXCEPTION 'transfer % cannot go from % to %', OLD.id, OLD.state, NEW.state
                USING ERRCODE = 'VC020', CONSTRAINT = 'transfer_state_machine';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER wallets_transfer_guard BEFORE UPDATE ON wallets_transfer
        FOR EACH ROW EXECUTE FUNCTION wallets_guard_transfer();
    CREATE TRIGGER wallets_transfer_kept BEFORE DELETE ON wallets_transfer
        FOR EACH ROW EXECUTE FUNCTION vaultcraft_refuse_change();
    CREATE TRIGGER wallets_transfer_no_truncate BEFORE TRUNCATE ON wallets_transfer
        FOR EACH STATEMENT EXECUTE FUNCTION vaultcraft_refuse_change();
    CREATE FUNCTION wallets_guard_wallet() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        -- An account's kind never changes, so it is enough to look once.
        IF NOT EXISTS (
            SELECT FROM ledger_ledgeraccount a WHERE a.id = NEW.account_id AND a.kind = 'WALLET'
        ) THEN
            RAISE EXCEPTION 'wallet % stands on no wallet account', NEW.id
                USING ERRCODE = 'VC021', CONSTRAINT = 'wallet_account_kind';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER wallets_wallet_guard BEFORE INSERT ON wallets_wallet
        FOR EACH ROW EXECUTE FUNCTION wallets_guard_wallet();
    CREATE TRIGGER wallets_wallet_kept BEFORE UPDATE OR DELETE ON wallets_wallet
        FOR EACH ROW EXECUTE FUNCTION vaultcraft_refuse_change();
    CREATE TRIGGER wallets_wallet_no_truncate BEFORE TRUNCATE ON wallets_wallet
        FOR EACH STATEMENT EXECUTE FUNCTION vaultcraft_refuse_change();
    """,
    """
    DROP TRIGGER wallets_wallet_no_truncate ON wallets_wallet;
    DROP TRIGGER wallets_wallet_kept ON wallets_wallet;
    DROP TRIGGER wallets_wallet_guard ON wallets_wallet;
    DROP FUNCTION wallets_guard_wallet();
    DROP TRIGGER wallets_transfer_no_truncate ON wallets_transfer;
    DROP TRIGGER wallets_transfer_kept ON wallets_transfer;
    DROP TRIGGER wallets_transfer_guard ON wallets_transfer;
    DROP FUNCTION wallets_guard_transfer();
    """,
)


class Migration(migrations.Migration):
    dependencies = [
        ("wallets", "0001_initial"),
        ("ledger", "0002_promises"),
        ("audit", "0002_promises"),
    ]

    operations = [
        COMPOSITE_KEYS,
        TRANSFERS,
        tenant_table(
            "wallets_wallet",
            visible=f"({of_tenant('organization_id')} OR {IN_DIRECTORY})",
            writable=of_tenant("organization_id"),
        ),
        tenant_table(
            "wallets_transfer",
            visible=f"({of_tenant('organization_id')} OR {MONEY_FOR_US})",
            writable=of_tenant("organization_id"),
        ),
        grants("wallets_wallet", "SELECT", "INSERT"),
        grants(
            "wallets_transfer",
            "SELECT",
            "INSERT",
            "UPDATE (state, reason_code, completed_at, source_transaction_id,"
            " destination_transaction_id)",
        ),
        DIRECTORY,
    ]
