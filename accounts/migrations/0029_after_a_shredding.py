"""Whoever was shredded never has a key again."""

from __future__ import annotations

from django.db import migrations

# A version is retired when it has a live successor, so only shredding leaves the last one dead.
NO_KEY_AFTER = migrations.RunSQL(
    """
    CREATE FUNCTION accounts_guard_next_key() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF (SELECT k.shredded_at IS NOT NULL FROM accounts_datakey k
            WHERE k.organization_id IS NOT DISTINCT FROM NEW.organization_id
              AND k.user_id IS NOT DISTINCT FROM NEW.user_id
            ORDER BY k.version DESC LIMIT 1) THEN
            RAISE EXCEPTION 'the data of % was shredded', NEW.user_id
                USING ERRCODE = 'VC064', CONSTRAINT = 'accounts_datakey_after_shredding',
                      TABLE = TG_TABLE_NAME;
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER accounts_datakey_next BEFORE INSERT ON accounts_datakey
        FOR EACH ROW EXECUTE FUNCTION accounts_guard_next_key();
    """,
    "DROP TRIGGER accounts_datakey_next ON accounts_datakey;"
    " DROP FUNCTION accounts_guard_next_key();",
)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0028_rows_of_people")]

    operations = [NO_KEY_AFTER]
