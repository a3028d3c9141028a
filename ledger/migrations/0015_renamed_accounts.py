"""General accounts may have another name; what the program opened keeps its own."""

from __future__ import annotations

from django.db import migrations

from kernel.row_security import APPLICATION

# It fires for a name that is set, so a posting, which sets none, pays nothing for it.
NAMES = migrations.RunSQL(
    f"""
    CREATE FUNCTION ledger_guard_account_name() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        RAISE EXCEPTION 'the program named account %', OLD.id
            USING ERRCODE = 'VC042', CONSTRAINT = 'account_name_fixed';
    END $$;
    CREATE TRIGGER ledger_account_name BEFORE UPDATE OF name ON ledger_ledgeraccount
        FOR EACH ROW WHEN (NEW.name <> OLD.name AND OLD.kind <> 'GENERAL')
        EXECUTE FUNCTION ledger_guard_account_name();
    GRANT UPDATE (name) ON ledger_ledgeraccount TO {APPLICATION};
    """,
    f"""
    REVOKE UPDATE (name) ON ledger_ledgeraccount FROM {APPLICATION};
    DROP TRIGGER ledger_account_name ON ledger_ledgeraccount;
    DROP FUNCTION ledger_guard_account_name();
    """,
)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0014_withdrawn_periods")]

    operations = [NAMES]
