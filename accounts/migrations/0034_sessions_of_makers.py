"""A person who asks at a door of people does so in a session of theirs; see decision 51.

And when somebody last chose another password stands on their row, so that what was asked for before
can be told from what was asked for after.
"""

from __future__ import annotations

from django.db import migrations, models

from kernel.row_security import APPLICATION

_MAKER = """
    CREATE OR REPLACE FUNCTION accounts_guard_maker() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF NOT EXISTS (SELECT FROM accounts_user u WHERE u.id = NEW.maker_id AND u.is_active
                       AND u.organization_id IS NOT DISTINCT FROM NEW.organization_id) THEN
            RAISE EXCEPTION '% may not ask for this', NEW.maker_id
                USING ERRCODE = 'VC061', CONSTRAINT = 'pending_act_maker_counts';
        END IF;
        {session}
        RETURN NEW;
    END $$;
"""
_SESSION = """
        IF NEW.door IN ('api', 'web', 'admin') AND NOT EXISTS (
            SELECT FROM accounts_signinsession s
            WHERE s.id = NEW.session_id AND s.user_id = NEW.maker_id
        ) THEN
            RAISE EXCEPTION '% asks in no session of theirs', NEW.maker_id
                USING ERRCODE = 'VC061', CONSTRAINT = 'pending_act_maker_in_session';
        END IF;
"""

IN_SESSION = migrations.RunSQL(_MAKER.format(session=_SESSION), _MAKER.format(session=""))

PASSWORDS = migrations.RunSQL(
    f"""
    CREATE TRIGGER accounts_user_password_changed_at_grows
        BEFORE UPDATE OF password_changed_at ON accounts_user FOR EACH ROW
        WHEN (OLD.password_changed_at IS NOT NULL AND (NEW.password_changed_at IS NULL
              OR NEW.password_changed_at < OLD.password_changed_at))
        EXECUTE FUNCTION accounts_refuse();
    GRANT UPDATE (password_changed_at) ON accounts_user TO {APPLICATION};
    """,
    f"""
    REVOKE UPDATE (password_changed_at) ON accounts_user FROM {APPLICATION};
    DROP TRIGGER accounts_user_password_changed_at_grows ON accounts_user;
    """,
)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0033_independent_both_ways")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="password_changed_at",
            field=models.DateTimeField(
                null=True, help_text="When the person last chose another password; null: never."
            ),
        ),
        PASSWORDS,
        IN_SESSION,
    ]
