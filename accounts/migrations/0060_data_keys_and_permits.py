"""A data key is shredded with its owner or once nothing needs it, and never written over.

An UPDATE by plain SQL made the data of the living unreadable for ever: by the mark of a shredding,
or by a wrapped key of nonsense. Whose the random bytes are the database cannot judge, without the
master key; the rest is held here.
"""

from __future__ import annotations

from django.db import migrations

# 1 | version of the master key | nonce | key and tag, see `kernel.sealing`.
WRAPPED = migrations.RunSQL(
    """
    ALTER TABLE accounts_datakey ADD CONSTRAINT accounts_datakey_wrapped CHECK (
        wrapped IS NULL OR (
            octet_length(wrapped) = 65
            AND substring(wrapped FROM 1 FOR 5) = '\\x01'::bytea || int4send(master_version)
        )
    );
    """,
    "ALTER TABLE accounts_datakey DROP CONSTRAINT accounts_datakey_wrapped;",
)

BORN = migrations.RunSQL(
    """
    CREATE FUNCTION accounts_guard_new_key() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        -- Of two who make the same version one is left out, so the last one is no mistake.
        IF NEW.shredded_at IS NOT NULL OR NEW.version NOT BETWEEN 1 AND 1 + (
            SELECT coalesce(max(k.version), 0) FROM accounts_datakey k
            WHERE k.organization_id IS NOT DISTINCT FROM NEW.organization_id
              AND k.user_id IS NOT DISTINCT FROM NEW.user_id
        ) THEN
            RAISE EXCEPTION 'version % is not the next live key of %', NEW.version,
                coalesce(NEW.user_id, NEW.organization_id)
                USING ERRCODE = 'VC064', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER accounts_datakey_successor BEFORE INSERT ON accounts_datakey
        FOR EACH ROW EXECUTE FUNCTION accounts_guard_new_key();
    """,
    "DROP TRIGGER accounts_datakey_successor ON accounts_datakey;"
    " DROP FUNCTION accounts_guard_new_key();",
)

REWRAPPED = migrations.RunSQL(
    """
    CREATE TRIGGER accounts_datakey_wrapped_again
        BEFORE UPDATE OF wrapped, master_version ON accounts_datakey FOR EACH ROW WHEN (
            NEW.shredded_at IS NULL
            AND (NEW.wrapped, NEW.master_version) IS DISTINCT FROM (OLD.wrapped, OLD.master_version)
            AND NEW.master_version <= OLD.master_version
        ) EXECUTE FUNCTION accounts_refuse();
    """,
    "DROP TRIGGER accounts_datakey_wrapped_again ON accounts_datakey;",
)

# Columns of sealed values are told by their names: a test holds that rotation knows the same ones.
# The view is widened as far as row security asks, so that nothing is overlooked, and put back.
USED = migrations.RunSQL(
    """
    CREATE FUNCTION accounts_key_is_used(key accounts_datakey) RETURNS boolean
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE
        scope_before text := coalesce(current_setting('vaultcraft.scope', true), '');
        place record;
        used boolean := false;
    BEGIN
        PERFORM set_config('vaultcraft.scope', 'platform', true);
        FOR place IN
            SELECT a.attrelid::regclass AS its_table, a.attname AS its_column,
                EXISTS (SELECT FROM pg_attribute u
                        WHERE u.attrelid = a.attrelid AND u.attname = 'user_id') AS of_people
            FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
              AND a.atttypid = 'bytea'::regtype AND NOT a.attisdropped
              AND (a.attname = 'sealed' OR starts_with(a.attname, 'sealed_'))
        LOOP
            CONTINUE WHEN place.of_people <> (key.user_id IS NOT NULL);
            EXECUTE format(
                'SELECT EXISTS (SELECT FROM %s WHERE organization_id IS NOT DISTINCT FROM $1'
                ' AND %s IS NOT DISTINCT FROM $2'
                ' AND substring(%I FROM 2 FOR 4) = int4send($3))',
                place.its_table, CASE WHEN place.of_people THEN 'user_id' ELSE 'NULL::uuid' END,
                place.its_column
            ) INTO used USING key.organization_id, key.user_id, key.version;
            EXIT WHEN used;
        END LOOP;
        PERFORM set_config('vaultcraft.scope', scope_before, true);
        RETURN used;
    END $$;
    GRANT EXECUTE ON FUNCTION accounts_key_is_used(accounts_datakey) TO vaultcraft_app;
    """,
    "DROP FUNCTION accounts_key_is_used(accounts_datakey);",
)

# The record of an erasure is written in its transaction, so it is asked for at its end.
SHREDDED = migrations.RunSQL(
    """
    CREATE FUNCTION accounts_guard_shredding() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF EXISTS (
            SELECT FROM accounts_user u WHERE u.id = NEW.user_id AND NOT u.is_active
              AND u.email = 'erased-' || u.id || '@erased.invalid'
        ) THEN
            RETURN NEW;
        END IF;
        IF EXISTS (
            SELECT FROM accounts_datakey later
            WHERE later.organization_id IS NOT DISTINCT FROM NEW.organization_id
              AND later.user_id IS NOT DISTINCT FROM NEW.user_id
              AND later.version > NEW.version AND later.shredded_at IS NULL
        ) AND NOT accounts_key_is_used(NEW) THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'the owner of key % is not erased, and it may be needed', NEW.id
            USING ERRCODE = 'VC064', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END $$;
    CREATE TRIGGER accounts_datakey_ends_with_its_owner
        BEFORE UPDATE OF shredded_at ON accounts_datakey
        FOR EACH ROW WHEN (OLD.shredded_at IS NULL AND NEW.shredded_at IS NOT NULL)
        EXECUTE FUNCTION accounts_guard_shredding();

    CREATE FUNCTION accounts_guard_erasure_record() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE
        scope_before text := coalesce(current_setting('vaultcraft.scope', true), '');
        silent boolean;
    BEGIN
        PERFORM set_config('vaultcraft.scope', 'platform', true);
        silent := EXISTS (
            SELECT FROM accounts_user u WHERE u.id = NEW.user_id
              AND u.email = 'erased-' || u.id || '@erased.invalid'
        ) AND NOT EXISTS (
            SELECT FROM audit_auditrecord r
            WHERE r.subject_id = NEW.user_id AND r.action = 'accounts.person.shred'
        );
        PERFORM set_config('vaultcraft.scope', scope_before, true);
        IF NOT silent THEN
            RETURN NULL;
        END IF;
        RAISE EXCEPTION 'no record says that % was erased', NEW.user_id
            USING ERRCODE = 'VC064', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END $$;
    CREATE CONSTRAINT TRIGGER accounts_datakey_shredding_on_record
        AFTER UPDATE ON accounts_datakey DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW WHEN (OLD.shredded_at IS NULL AND NEW.shredded_at IS NOT NULL)
        EXECUTE FUNCTION accounts_guard_erasure_record();
    """,
    """
    DROP TRIGGER accounts_datakey_shredding_on_record ON accounts_datakey;
    DROP FUNCTION accounts_guard_erasure_record();
    DROP TRIGGER accounts_datakey_ends_with_its_owner ON accounts_datakey;
    DROP FUNCTION accounts_guard_shredding();
    """,
)


# Decided before there was the column, it goes by the date that the program wrote.
PERMITS = migrations.RunSQL(
    """
    ALTER TABLE accounts_pendingact ADD COLUMN decided_by_clock timestamptz;
    CREATE OR REPLACE FUNCTION accounts_note_decision() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        NEW.decided_xid := CASE WHEN NEW.state = 'pending' THEN NULL
            ELSE pg_current_xact_id() END;
        NEW.decided_by_clock := CASE WHEN NEW.state = 'pending' THEN NULL
            ELSE clock_timestamp() END;
        RETURN NEW;
    END $$;

    CREATE FUNCTION accounts_guard_permit() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF EXISTS (
            SELECT FROM accounts_pendingact a WHERE a.id = NEW.permit_id
              AND coalesce(a.decided_by_clock, a.decided_at)
                  > clock_timestamp() - interval '24 hours'
        ) THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'the consent to key % is too old', NEW.id
            USING ERRCODE = 'VC061', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END $$;
    CREATE TRIGGER accounts_apikey_permit_of_today BEFORE INSERT ON accounts_apikey
        FOR EACH ROW WHEN (NEW.permit_id IS NOT NULL) EXECUTE FUNCTION accounts_guard_permit();
    """,
    """
    DROP TRIGGER accounts_apikey_permit_of_today ON accounts_apikey;
    DROP FUNCTION accounts_guard_permit();
    CREATE OR REPLACE FUNCTION accounts_note_decision() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        NEW.decided_xid := CASE WHEN NEW.state = 'pending' THEN NULL
            ELSE pg_current_xact_id() END;
        RETURN NEW;
    END $$;
    ALTER TABLE accounts_pendingact DROP COLUMN decided_by_clock;
    """,
)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0056_approvals_of_payouts")]

    operations = [WRAPPED, BORN, REWRAPPED, USED, SHREDDED, PERMITS]
