"""A key that records cash was issued by somebody of the staff who may; nobody else writes one."""

from __future__ import annotations

from django.db import migrations

# `api_keys.issue_cash`, as `accounts.permissions` has it. Keys of before stay as they are.
ISSUED = migrations.RunSQL(
    """
    CREATE FUNCTION accounts_guard_cash_key() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF NOT EXISTS (SELECT FROM accounts_user u WHERE u.id = NEW.created_by_id AND u.is_active
                       AND u.platform_role IN ('admin', 'super_admin')) THEN
            RAISE EXCEPTION 'nobody who may issued the key %', NEW.id
                USING ERRCODE = 'VC061', CONSTRAINT = 'accounts_apikey_cash_by_staff';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER accounts_apikey_cash_by_staff BEFORE INSERT ON accounts_apikey
        FOR EACH ROW WHEN ('cash:write' = ANY (NEW.scopes))
        EXECUTE FUNCTION accounts_guard_cash_key();
    """,
    """
    DROP TRIGGER accounts_apikey_cash_by_staff ON accounts_apikey;
    DROP FUNCTION accounts_guard_cash_key();
    """,
)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0046_givers_are_dated")]

    operations = [ISSUED]
