"""A person's wallet, or account number, is in the person's own organization, whoever writes it."""

from __future__ import annotations

from django.db import migrations

from accounts.rows_of_people import of_its_person

OWNERS = migrations.RunSQL(
    """
    CREATE FUNCTION wallets_guard_owner() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF NEW.owner_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM accounts_user u WHERE u.id = NEW.owner_id
            AND u.organization_id IS NOT DISTINCT FROM NEW.organization_id
        ) THEN
            RAISE EXCEPTION 'wallet % is not in the organization of its owner', NEW.id
                USING ERRCODE = 'VC063', CONSTRAINT = 'wallets_wallet_of_its_person';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER wallets_wallet_of_its_person BEFORE INSERT ON wallets_wallet
        FOR EACH ROW EXECUTE FUNCTION wallets_guard_owner();
    """,
    "DROP TRIGGER wallets_wallet_of_its_person ON wallets_wallet;"
    " DROP FUNCTION wallets_guard_owner();",
)


class Migration(migrations.Migration):
    dependencies = [("wallets", "0017_dual_control"), ("accounts", "0028_rows_of_people")]

    operations = [OWNERS, of_its_person("wallets_accountnumber")]
