"""Time zones that PostgreSQL knows, and no right to write what no door changes."""

from __future__ import annotations

from django.db import migrations

from kernel.row_security import APPLICATION

# A check constraint would refuse the rows of a backup where the server's list of zones is another.
KNOWN = migrations.RunSQL(
    """
    CREATE FUNCTION accounts_guard_timezone() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        -- PostgreSQL takes a name like CET for the abbreviation: an hour ahead in summer, too.
        IF NOT EXISTS (SELECT FROM pg_timezone_names z WHERE z.name = NEW.timezone)
           OR EXISTS (SELECT FROM pg_timezone_abbrevs a WHERE a.abbrev = NEW.timezone
                      AND (a.is_dst OR a.utc_offset <> interval '0'))
           OR NEW.timezone IN ('localtime', 'posixrules', 'Factory') THEN
            RAISE EXCEPTION 'there is no time zone %', NEW.timezone
                USING ERRCODE = 'VC060', CONSTRAINT = 'accounts_organization_timezone_known';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER accounts_organization_timezone
        BEFORE INSERT OR UPDATE OF timezone ON accounts_organization
        FOR EACH ROW EXECUTE FUNCTION accounts_guard_timezone();
    """,
    """
    DROP TRIGGER accounts_organization_timezone ON accounts_organization;
    DROP FUNCTION accounts_guard_timezone();
    """,
)

# What PostgreSQL does not know no reading of days could use: such an organization counts in UTC from
# now on, and the record of it says what stood there before. Taking this back changes no zone.
MENDED = migrations.RunSQL(
    """
    SELECT set_config('vaultcraft.scope', 'platform', true);
    WITH unknown AS (
        SELECT o.id, o.timezone FROM accounts_organization o
        WHERE o.timezone IN ('localtime', 'posixrules', 'Factory')
           OR NOT EXISTS (SELECT FROM pg_timezone_names z WHERE z.name = o.timezone)
           OR EXISTS (SELECT FROM pg_timezone_abbrevs a WHERE a.abbrev = o.timezone
                      AND (a.is_dst OR a.utc_offset <> interval '0'))
    ), mended AS (
        UPDATE accounts_organization o SET timezone = 'UTC' FROM unknown u WHERE o.id = u.id
    )
    INSERT INTO audit_auditrecord (id, at, organization_id, actor_kind, actor_display, action,
                                   subject_type, subject_id, door, scope, request_id, metadata)
    SELECT gen_random_uuid(), now(), u.id, 'system', '', 'accounts.organization.set_timezone',
           'organization', u.id, 'command', 'platform', 'migration accounts.0003',
           jsonb_build_object('before', u.timezone, 'timezone', 'UTC',
                              'reason', 'PostgreSQL knows no such zone')
    FROM unknown u;
    SELECT set_config('vaultcraft.scope', '', true);
    """,
    migrations.RunSQL.noop,
)

# No door changes these; a name or a zone of another organization could be written with them. To lock
# a row takes the right to update some column of it, which the status gives.
NARROW = migrations.RunSQL(
    f"""
    REVOKE UPDATE (slug, name, display_name, timezone) ON accounts_organization FROM {APPLICATION};
    REVOKE UPDATE (email, platform_role, last_login) ON accounts_user FROM {APPLICATION};
    REVOKE UPDATE (name) ON accounts_apikey FROM {APPLICATION};
    """,
    f"""
    GRANT UPDATE (name) ON accounts_apikey TO {APPLICATION};
    GRANT UPDATE (email, platform_role, last_login) ON accounts_user TO {APPLICATION};
    GRANT UPDATE (slug, name, display_name, timezone) ON accounts_organization TO {APPLICATION};
    """,
)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_promises"),
        ("audit", "0003_sequences_for_the_auditor"),
    ]

    operations = [MENDED, KNOWN, NARROW]
