"""Row security on the tables of identity, and the few look-ups that come before any tenant is known.

A tenant reads and writes its own rows. The scope `sign_in` reads, because signing in must find
somebody before it is known whose tenant that is, and writes only what belongs to no tenant. Every
request begins with one of the functions below: each answers for one exact secret or id, in one
statement without a transaction, and lists nothing. They give whole rows by the names of the tables,
so a column added later is in their answer already.
"""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

from kernel.row_security import (
    APPLICATION,
    IN_DIRECTORY,
    SCOPE,
    identity_table,
    of_tenant,
    tenant_table,
)

SIGN_IN = f"{SCOPE} = 'sign_in'"

# The tokens of sessions that were there before take their organization from them.
COPIED = migrations.RunSQL(
    """
    UPDATE accounts_refreshtoken t SET organization_id = s.organization_id
    FROM accounts_signinsession s WHERE s.id = t.session_id;
    -- Foreign keys checked at the end of the transaction would bar the statements that follow.
    SET CONSTRAINTS ALL IMMEDIATE;
    """,
    migrations.RunSQL.noop,
)

# A copied organization decides who sees the row. A foreign key over both columns would let a NULL
# pass, which is what staff have; so a trigger holds it, also against a forger with one tenant's view.
OF_ITS_OWNER = migrations.RunSQL(
    """
    CREATE FUNCTION accounts_guard_session() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF NOT EXISTS (SELECT FROM accounts_user u WHERE u.id = NEW.user_id
                       AND u.organization_id IS NOT DISTINCT FROM NEW.organization_id) THEN
            RAISE EXCEPTION 'session % is not in the organization of its person', NEW.id
                USING ERRCODE = 'VC061', CONSTRAINT = 'session_of_its_person';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER accounts_signinsession_guard
        BEFORE INSERT OR UPDATE OF user_id, organization_id ON accounts_signinsession
        FOR EACH ROW EXECUTE FUNCTION accounts_guard_session();

    CREATE FUNCTION accounts_guard_token() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF NOT EXISTS (SELECT FROM accounts_signinsession s WHERE s.id = NEW.session_id
                       AND s.organization_id IS NOT DISTINCT FROM NEW.organization_id) THEN
            RAISE EXCEPTION 'refresh token % is not in the organization of its session', NEW.id
                USING ERRCODE = 'VC062', CONSTRAINT = 'refresh_token_of_its_session';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER accounts_refreshtoken_guard
        BEFORE INSERT OR UPDATE OF session_id, organization_id ON accounts_refreshtoken
        FOR EACH ROW EXECUTE FUNCTION accounts_guard_token();
    """,
    """
    DROP TRIGGER accounts_refreshtoken_guard ON accounts_refreshtoken;
    DROP FUNCTION accounts_guard_token();
    DROP TRIGGER accounts_signinsession_guard ON accounts_signinsession;
    DROP FUNCTION accounts_guard_session();
    """,
)

LOOK_UPS = migrations.RunSQL(
    f"""
    CREATE FUNCTION accounts_live_session(wanted uuid, at timestamptz)
    RETURNS TABLE (
        session accounts_signinsession, person accounts_user, organization accounts_organization
    )
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    -- One plan is right for every id; to plan three policies anew takes longer than to look.
    SET plan_cache_mode = force_generic_plan AS $$
    DECLARE
        scope_before text := coalesce(current_setting('vaultcraft.scope', true), '');
    BEGIN
        PERFORM set_config('vaultcraft.scope', 'sign_in', true);
        RETURN QUERY
            SELECT s, u, o FROM accounts_signinsession s
            JOIN accounts_user u ON u.id = s.user_id
            LEFT JOIN accounts_organization o ON o.id = u.organization_id
            WHERE s.id = wanted AND s.revoked_at IS NULL AND s.expires_at > at;
        PERFORM set_config('vaultcraft.scope', scope_before, true);
    END $$;

    CREATE FUNCTION accounts_api_key(wanted bytea)
    RETURNS TABLE (key accounts_apikey, organization accounts_organization)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE
        scope_before text := coalesce(current_setting('vaultcraft.scope', true), '');
    BEGIN
        PERFORM set_config('vaultcraft.scope', 'sign_in', true);
        RETURN QUERY
            SELECT k, o FROM accounts_apikey k
            JOIN accounts_organization o ON o.id = k.organization_id
            WHERE k.secret_hash = wanted;
        PERFORM set_config('vaultcraft.scope', scope_before, true);
    END $$;

    -- The name by which other organizations may know one; NULL where there is none.
    CREATE FUNCTION accounts_display_name(wanted uuid) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE
        scope_before text := coalesce(current_setting('vaultcraft.scope', true), '');
        found_name text;
    BEGIN
        PERFORM set_config('vaultcraft.scope', 'directory', true);
        SELECT o.display_name INTO found_name FROM accounts_organization o WHERE o.id = wanted;
        PERFORM set_config('vaultcraft.scope', scope_before, true);
        RETURN found_name;
    END $$;

    REVOKE ALL ON FUNCTION accounts_live_session(uuid, timestamptz) FROM PUBLIC;
    REVOKE ALL ON FUNCTION accounts_api_key(bytea) FROM PUBLIC;
    REVOKE ALL ON FUNCTION accounts_display_name(uuid) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION accounts_live_session(uuid, timestamptz) TO {APPLICATION};
    GRANT EXECUTE ON FUNCTION accounts_api_key(bytea) TO {APPLICATION};
    GRANT EXECUTE ON FUNCTION accounts_display_name(uuid) TO {APPLICATION};
    """,  # noqa: S608 - role names only
    """
    DROP FUNCTION accounts_display_name(uuid);
    DROP FUNCTION accounts_api_key(bytea);
    DROP FUNCTION accounts_live_session(uuid, timestamptz);
    """,
)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_data_keys")]

    operations = [
        migrations.AddField(
            model_name="refreshtoken",
            name="organization",
            field=models.ForeignKey(
                db_index=False,
                help_text="The session's own, copied so that tenants can be told apart here.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.organization",
            ),
        ),
        COPIED,
        OF_ITS_OWNER,
        tenant_table(
            "accounts_organization",
            visible=f"({of_tenant('id')} OR {SIGN_IN} OR {IN_DIRECTORY})",
            writable=of_tenant("id"),
        ),
        tenant_table(
            "accounts_user",
            visible=f"({of_tenant('organization_id')} OR {SIGN_IN} OR {IN_DIRECTORY})",
            writable=(
                f"({of_tenant('organization_id')} OR (organization_id IS NULL AND {SIGN_IN}))"
            ),
            # Signing in renews a hash; it makes nobody staff.
            insertable=of_tenant("organization_id"),
        ),
        identity_table("accounts_invitation"),
        identity_table("accounts_signinsession"),
        identity_table("accounts_refreshtoken"),
        identity_table("accounts_apikey"),
        LOOK_UPS,
    ]
