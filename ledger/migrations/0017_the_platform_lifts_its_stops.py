"""Only the platform stops an account as the platform, and only it moves what it stopped.

The program asks (`ledger.services.accounts.change_status`); under a tenant's view plain SQL did not.
"""

from __future__ import annotations

from django.db import migrations

STOPPED = migrations.RunSQL(
    """
    CREATE FUNCTION ledger_guard_platform_stop() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        RAISE EXCEPTION 'account % is stopped by the platform', NEW.id
            USING ERRCODE = 'VC022', CONSTRAINT = 'account_stopped_by_platform';
    END $$;
    CREATE TRIGGER ledger_account_stopped
        BEFORE UPDATE OF status, stopped_by_platform ON ledger_ledgeraccount
        FOR EACH ROW WHEN (
            (OLD.stopped_by_platform OR NEW.stopped_by_platform)
            AND (NEW.status, NEW.stopped_by_platform)
                IS DISTINCT FROM (OLD.status, OLD.stopped_by_platform)
            AND vaultcraft_scope() <> 'platform'
        ) EXECUTE FUNCTION ledger_guard_platform_stop();
    """,
    """
    DROP TRIGGER ledger_account_stopped ON ledger_ledgeraccount;
    DROP FUNCTION ledger_guard_platform_stop();
    """,
)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0016_rules_a_review_missed")]

    operations = [STOPPED]
