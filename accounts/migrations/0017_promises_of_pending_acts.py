"""What the database holds of acts that wait for a second person, whatever the code does.

That the checker is another person is a CHECK. That the checker is somebody who counts, and that an
API key stands for whoever issued it, takes a look at other rows: a trigger.
"""

from __future__ import annotations

from django.db import migrations

from kernel.row_security import APPLICATION, grants, identity_table

ASKED = (
    "organization_id",
    "kind",
    "facts",
    "amount_minor",
    "currency",
    "reference",
    "fingerprint",
    "maker_kind",
    "maker_id",
    "maker_person_id",
    "maker_display",
    "door",
    "request_id",
    "made_at",
    "expires_at",
)
_CHANGED = " OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in ("id", *ASKED))

GUARDS = migrations.RunSQL(
    f"""
    CREATE TRIGGER pending_act_begins_pending BEFORE INSERT ON accounts_pendingact
        FOR EACH ROW WHEN (NEW.state <> 'pending') EXECUTE FUNCTION accounts_refuse();
    CREATE TRIGGER pending_act_as_asked BEFORE UPDATE ON accounts_pendingact
        FOR EACH ROW WHEN ({_CHANGED}) EXECUTE FUNCTION accounts_refuse();
    CREATE TRIGGER pending_act_decided_once BEFORE UPDATE ON accounts_pendingact
        FOR EACH ROW WHEN (OLD.state <> 'pending') EXECUTE FUNCTION accounts_refuse();
    CREATE TRIGGER pending_act_stays BEFORE DELETE ON accounts_pendingact
        FOR EACH ROW EXECUTE FUNCTION accounts_refuse();
    CREATE TRIGGER pending_act_all_stay BEFORE TRUNCATE ON accounts_pendingact
        FOR EACH STATEMENT EXECUTE FUNCTION vaultcraft_refuse_change();

    CREATE FUNCTION accounts_guard_pending_act() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE
        issuer uuid;
        home uuid;
    BEGIN
        IF TG_OP = 'INSERT' AND NEW.maker_kind = 'api_key' THEN
            SELECT k.created_by_id INTO issuer FROM accounts_apikey k
            WHERE k.id = NEW.maker_id AND k.organization_id = NEW.organization_id;
            IF NOT FOUND OR issuer IS DISTINCT FROM NEW.maker_person_id THEN
                RAISE EXCEPTION 'the key % was issued by somebody else', NEW.maker_id
                    USING ERRCODE = 'VC061', CONSTRAINT = 'pending_act_maker_of_key';
            END IF;
        END IF;
        IF NEW.checker_id IS NOT NULL THEN
            SELECT u.organization_id INTO home FROM accounts_user u
            WHERE u.id = NEW.checker_id AND u.is_active;
            IF NOT FOUND OR (home IS NOT NULL AND home IS DISTINCT FROM NEW.organization_id) THEN
                RAISE EXCEPTION '% may not decide this', NEW.checker_id
                    USING ERRCODE = 'VC061', CONSTRAINT = 'pending_act_checker_counts';
            END IF;
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER pending_act_people BEFORE INSERT OR UPDATE ON accounts_pendingact
        FOR EACH ROW EXECUTE FUNCTION accounts_guard_pending_act();
    """,  # noqa: S608 - of constants
    """
    DROP TRIGGER pending_act_people ON accounts_pendingact;
    DROP FUNCTION accounts_guard_pending_act();
    DROP TRIGGER pending_act_all_stay ON accounts_pendingact;
    DROP TRIGGER pending_act_stays ON accounts_pendingact;
    DROP TRIGGER pending_act_decided_once ON accounts_pendingact;
    DROP TRIGGER pending_act_as_asked ON accounts_pendingact;
    DROP TRIGGER pending_act_begins_pending ON accounts_pendingact;
    """,
)

# The installation's settings belong to no tenant: everybody's acts read them, the platform writes.
SETTINGS = migrations.RunSQL(
    """
    CREATE TRIGGER system_setting_of_platform BEFORE INSERT OR UPDATE ON accounts_systemsetting
        FOR EACH ROW WHEN (vaultcraft_scope() <> 'platform') EXECUTE FUNCTION accounts_refuse();
    """,
    "DROP TRIGGER system_setting_of_platform ON accounts_systemsetting;",
)

# What a system manager and an owner may change by a door again, since there is one now.
WIDER = migrations.RunSQL(
    f"""
    GRANT UPDATE (timezone) ON accounts_organization TO {APPLICATION};
    GRANT UPDATE (platform_role) ON accounts_user TO {APPLICATION};
    CREATE TRIGGER accounts_user_staff_by_platform BEFORE UPDATE OF platform_role ON accounts_user
        FOR EACH ROW WHEN (
            NEW.platform_role IS DISTINCT FROM OLD.platform_role AND vaultcraft_scope() <> 'platform'
        ) EXECUTE FUNCTION accounts_refuse();
    """,
    f"""
    DROP TRIGGER accounts_user_staff_by_platform ON accounts_user;
    REVOKE UPDATE (platform_role) ON accounts_user FROM {APPLICATION};
    REVOKE UPDATE (timezone) ON accounts_organization FROM {APPLICATION};
    """,
)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0016_pending_acts")]

    operations = [
        GUARDS,
        SETTINGS,
        WIDER,
        identity_table("accounts_pendingact"),
        grants(
            "accounts_pendingact",
            "SELECT",
            "INSERT",
            "UPDATE (state, checker_id, checker_display, decided_at, note, reason_code,"
            " result_type, result_id)",
        ),
        identity_table("accounts_approvalpolicy"),
        grants(
            "accounts_approvalpolicy",
            "SELECT",
            "INSERT",
            "UPDATE (roles, journals, terms, set_at)",
        ),
        grants("accounts_systemsetting", "SELECT", "INSERT", "UPDATE (value, set_at)"),
    ]
