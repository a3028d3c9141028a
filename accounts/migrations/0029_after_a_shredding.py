"""Whoever was shredded never has a key again, and is named nowhere beside the books."""

from __future__ import annotations

from django.db import migrations

from kernel.row_security import APPLICATION

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

# Who was invited stays as it was written, except that an erasure blanks the address.
BLANKED = migrations.RunSQL(
    f"""
    CREATE TRIGGER accounts_invitation_email_stays BEFORE UPDATE OF email ON accounts_invitation
        FOR EACH ROW WHEN (NEW.email <> OLD.email AND NOT (vaultcraft_scope() = 'platform'
            AND NEW.email LIKE 'erased-%@erased.invalid')) EXECUTE FUNCTION accounts_refuse();
    GRANT UPDATE (email) ON accounts_invitation TO {APPLICATION};
    """,
    f"""
    REVOKE UPDATE (email) ON accounts_invitation FROM {APPLICATION};
    DROP TRIGGER accounts_invitation_email_stays ON accounts_invitation;
    """,
)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0028_rows_of_people")]

    operations = [NO_KEY_AFTER, BLANKED]
