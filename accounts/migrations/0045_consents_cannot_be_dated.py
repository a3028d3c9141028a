"""What plain SQL went round of consents: their dates, the door they came by, and people's names.

- An act lives no longer than the longest setting, and nobody decides in the future: whoever was
  brought in lately would count as brought in long ago.
- Whoever asks as a person does so in a session of theirs, at whatever door.
- A name is erased from an act only where its person is erased.
- A consent to less stands in the transaction that it lets happen; so an old one is not used again.
- The installation's settings are held as the policies of organizations are.
"""

from __future__ import annotations

import datetime as dt

from django.db import migrations, models
from django.db.models import F, Q

from kernel.row_security import APPLICATION

DATED = migrations.RunSQL(
    """
    CREATE TRIGGER pending_act_decided_by_now BEFORE UPDATE OF decided_at ON accounts_pendingact
        FOR EACH ROW WHEN (
            NEW.decided_at IS DISTINCT FROM OLD.decided_at
            AND NEW.decided_at > clock_timestamp() + interval '5 minutes'
        ) EXECUTE FUNCTION accounts_refuse();
    """,
    "DROP TRIGGER pending_act_decided_by_now ON accounts_pendingact;",
)

_MAKER = """
    CREATE OR REPLACE FUNCTION accounts_guard_maker() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF NOT EXISTS (SELECT FROM accounts_user u WHERE u.id = NEW.maker_id AND u.is_active
                       AND u.organization_id IS NOT DISTINCT FROM NEW.organization_id) THEN
            RAISE EXCEPTION '% may not ask for this', NEW.maker_id
                USING ERRCODE = 'VC061', CONSTRAINT = 'pending_act_maker_counts';
        END IF;
        IF {door}NOT EXISTS (
            SELECT FROM accounts_signinsession s
            WHERE s.id = NEW.session_id AND s.user_id = NEW.maker_id
        ) THEN
            RAISE EXCEPTION '% asks in no session of theirs', NEW.maker_id
                USING ERRCODE = 'VC061', CONSTRAINT = 'pending_act_maker_in_session';
        END IF;
        RETURN NEW;
    END $$;
"""
IN_SESSION = migrations.RunSQL(
    _MAKER.format(door=""), _MAKER.format(door="NEW.door IN ('api', 'web', 'admin') AND ")
)

ERASED = migrations.RunSQL(
    """
    CREATE FUNCTION accounts_guard_erased_names() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE
        named uuid[] := '{}';
    BEGIN
        IF NEW.maker_display IS DISTINCT FROM OLD.maker_display THEN
            named := named || NEW.maker_id;
        END IF;
        IF NEW.checker_display IS DISTINCT FROM OLD.checker_display THEN
            named := named || NEW.checker_id;
        END IF;
        IF (SELECT count(*) FROM accounts_user u
            WHERE u.id = ANY (named) AND u.email = 'erased-' || u.id || '@erased.invalid')
            < cardinality(named) THEN
            RAISE EXCEPTION 'who stands in act % is not erased', NEW.id
                USING ERRCODE = 'VC061', CONSTRAINT = 'pending_act_names_the_living';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER pending_act_names_the_living
        BEFORE UPDATE OF maker_display, checker_display ON accounts_pendingact
        FOR EACH ROW WHEN (
            NEW.maker_display IS DISTINCT FROM OLD.maker_display
            OR OLD.state <> 'pending' AND NEW.checker_display IS DISTINCT FROM OLD.checker_display
        ) EXECUTE FUNCTION accounts_guard_erased_names();
    """,
    """
    DROP TRIGGER pending_act_names_the_living ON accounts_pendingact;
    DROP FUNCTION accounts_guard_erased_names();
    """,
)

_AGREED = """
    CREATE OR REPLACE FUNCTION accounts_agreed_to(
        home uuid, wanted text, said jsonb, at timestamptz
    ) RETURNS boolean
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE
        view_before text := coalesce(current_setting('vaultcraft.organizations', true), '');
        agreed boolean;
    BEGIN
        PERFORM set_config('vaultcraft.organizations', '{' || home || '}', true);
        agreed := EXISTS (
            SELECT FROM accounts_pendingact a
            WHERE a.organization_id = home AND a.kind = wanted AND a.state = 'agreed'
              AND a.decided_at = at AND a.facts @> said@@NOW@@
        );
        PERFORM set_config('vaultcraft.organizations', view_before, true);
        RETURN agreed;
    END $$;
"""

# A row that is seen and was written by a transaction under way is this transaction's own, savepoints
# included. A row knows the lower half of the number only.
IN_THIS_TRANSACTION = migrations.RunSQL(
    f"""
    CREATE FUNCTION accounts_written_now(written xid) RETURNS boolean
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE
        own bigint := pg_current_xact_id()::text::bigint;
        full_number bigint := own - own % 4294967296 + written::text::bigint;
    BEGIN
        IF full_number - own > 2147483648 THEN
            full_number := full_number - 4294967296;
        ELSIF own - full_number > 2147483648 THEN
            full_number := full_number + 4294967296;
        END IF;
        RETURN full_number > 0
            AND coalesce(pg_xact_status(full_number::text::xid8) = 'in progress', false);
    END $$;
    GRANT EXECUTE ON FUNCTION accounts_written_now(xid) TO {APPLICATION};
    {_AGREED.replace("@@NOW@@", " AND accounts_written_now(a.xmin)")}
    """,
    f"""
    {_AGREED.replace("@@NOW@@", "")}
    DROP FUNCTION accounts_written_now(xid);
    """,
)

# As `accounts.system` declares them: towards these values a setting is turned alone.
SETTINGS = migrations.RunSQL(
    f"""
    CREATE FUNCTION accounts_staff_agreed_to(wanted text, said jsonb, at timestamptz)
    RETURNS boolean
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE
        scope_before text := coalesce(current_setting('vaultcraft.scope', true), '');
        agreed boolean;
    BEGIN
        PERFORM set_config('vaultcraft.scope', 'platform', true);
        agreed := EXISTS (
            SELECT FROM accounts_pendingact a
            WHERE a.organization_id IS NULL AND a.kind = wanted AND a.state = 'agreed'
              AND a.decided_at = at AND a.facts @> said AND accounts_written_now(a.xmin)
        );
        PERFORM set_config('vaultcraft.scope', scope_before, true);
        RETURN agreed;
    END $$;
    GRANT EXECUTE ON FUNCTION accounts_staff_agreed_to(text, jsonb, timestamptz) TO {APPLICATION};

    CREATE FUNCTION accounts_guard_setting() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF NEW.name = 'dual_control.staff' AND TG_OP = 'UPDATE' THEN
            IF OLD.value <> 'true' THEN
                RETURN NULL;
            END IF;
        ELSIF NOT EXISTS (SELECT FROM accounts_systemsetting s
                          WHERE s.name = 'dual_control.staff' AND s.value = 'true') THEN
            RETURN NULL;
        END IF;
        IF NOT accounts_staff_agreed_to('accounts.system_setting',
            jsonb_build_object('name', NEW.name, 'value', NEW.value), NEW.set_at) THEN
            RAISE EXCEPTION 'nobody agreed that % becomes %', NEW.name, NEW.value
                USING ERRCODE = 'VC061', CONSTRAINT = 'system_setting_by_two';
        END IF;
        RETURN NULL;
    END $$;
    CREATE CONSTRAINT TRIGGER system_setting_by_two
        AFTER INSERT OR UPDATE ON accounts_systemsetting DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW WHEN ((NEW.name, NEW.value) NOT IN (
            ('registration.open', 'false'::jsonb), ('money.read_only', 'true'::jsonb),
            ('dual_control.staff', 'true'::jsonb)
        )) EXECUTE FUNCTION accounts_guard_setting();
    """,  # noqa: S608 - of constants
    """
    DROP TRIGGER system_setting_by_two ON accounts_systemsetting;
    DROP FUNCTION accounts_guard_setting();
    DROP FUNCTION accounts_staff_agreed_to(text, jsonb, timestamptz);
    """,
)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0041_keys_by_two")]

    operations = [
        migrations.AddConstraint(
            model_name="pendingact",
            constraint=models.CheckConstraint(
                condition=Q(expires_at__lte=F("made_at") + dt.timedelta(days=30)),
                name="pending_act_ends",
            ),
        ),
        DATED,
        IN_SESSION,
        ERASED,
        IN_THIS_TRANSACTION,
        SETTINGS,
    ]
