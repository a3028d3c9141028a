"""What an attack showed: windows of spending run forward, and fees are income."""

from __future__ import annotations

from django.db import migrations

USAGE = migrations.RunSQL(
    """
    CREATE FUNCTION wallets_guard_usage() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF NEW.day < OLD.day OR NEW.month < OLD.month THEN
            RAISE EXCEPTION 'what wallet % spent is counted in a window that is over', OLD.wallet_id
                USING ERRCODE = 'VC050', CONSTRAINT = 'spending_goes_forward';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER wallets_spendingusage_guard BEFORE UPDATE ON wallets_spendingusage
        FOR EACH ROW EXECUTE FUNCTION wallets_guard_usage();
    """,
    """
    DROP TRIGGER wallets_spendingusage_guard ON wallets_spendingusage;
    DROP FUNCTION wallets_guard_usage();
    """,
)

FEES = migrations.RunSQL(
    """
    CREATE FUNCTION wallets_guard_fees() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        -- An account out of sight is another organization's, which the foreign key refuses.
        IF EXISTS (
            SELECT FROM ledger_ledgeraccount a
            WHERE a.id = NEW.account_id AND a.kind <> 'FEE_INCOME'
        ) THEN
            RAISE EXCEPTION 'account % receives no fees', NEW.account_id
                USING ERRCODE = 'VC051', CONSTRAINT = 'fee_schedule_income';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER wallets_feeschedule_guard BEFORE INSERT OR UPDATE ON wallets_feeschedule
        FOR EACH ROW EXECUTE FUNCTION wallets_guard_fees();
    """,
    """
    DROP TRIGGER wallets_feeschedule_guard ON wallets_feeschedule;
    DROP FUNCTION wallets_guard_fees();
    """,
)


class Migration(migrations.Migration):
    dependencies = [("wallets", "0004_promises_of_holds_and_terms")]

    operations = [USAGE, FEES]
