"""Who brought a person in, and in which session an act was asked for; see decision 49.

The database holds it, too: nobody agrees to an act that is for themselves, nor to one of whoever
brought them in, or gave them their role, within the last seven days.
"""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

from kernel.row_security import APPLICATION

INDEPENDENT = migrations.RunSQL(
    f"""
    GRANT UPDATE (role_given_by_id, role_given_at) ON accounts_user TO {APPLICATION};

    CREATE FUNCTION accounts_guard_consent() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        -- Of lost factors a CHECK says it.
        IF NEW.kind <> 'accounts.factor_reset'
            AND NEW.checker_id::text IN (NEW.facts->>'user_id', NEW.facts->>'payee_id') THEN
            RAISE EXCEPTION '% would agree to what is for themselves', NEW.checker_id
                USING ERRCODE = 'VC061', CONSTRAINT = 'pending_act_for_another';
        END IF;
        IF EXISTS (SELECT FROM accounts_user u WHERE u.id = NEW.checker_id
                   AND u.role_given_by_id = NEW.maker_person_id
                   AND u.role_given_at > NEW.decided_at - interval '7 days') THEN
            RAISE EXCEPTION '% was lately brought in by who asks', NEW.checker_id
                USING ERRCODE = 'VC061', CONSTRAINT = 'pending_act_independent_checker';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER pending_act_independent_checker BEFORE UPDATE ON accounts_pendingact
        FOR EACH ROW WHEN (NEW.state IN ('agreed', 'failed'))
        EXECUTE FUNCTION accounts_guard_consent();
    CREATE TRIGGER pending_act_of_its_session BEFORE UPDATE ON accounts_pendingact
        FOR EACH ROW WHEN (NEW.session_id IS DISTINCT FROM OLD.session_id)
        EXECUTE FUNCTION accounts_refuse();
    """,  # noqa: S608 - of constants
    f"""
    DROP TRIGGER pending_act_of_its_session ON accounts_pendingact;
    DROP TRIGGER pending_act_independent_checker ON accounts_pendingact;
    DROP FUNCTION accounts_guard_consent();
    REVOKE UPDATE (role_given_by_id, role_given_at) ON accounts_user FROM {APPLICATION};
    """,
)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0029_after_a_shredding")]

    operations = [
        migrations.AddField(
            model_name="pendingact",
            name="session_id",
            field=models.UUIDField(
                null=True, help_text="Where its maker signed in to ask; null for API keys."
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="role_given_by",
            field=models.ForeignKey(
                db_index=False,
                help_text="Who invited the person, or gave them the role they have; null: the"
                " program.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="user", name="role_given_at", field=models.DateTimeField(null=True)
        ),
        migrations.AddIndex(
            model_name="pendingact",
            index=models.Index(
                condition=Q(state="pending", session_id__isnull=False),
                fields=["session_id"],
                name="pending_act_session",
            ),
        ),
        migrations.AlterField(
            model_name="signinsession",
            name="revoked_reason",
            field=models.CharField(
                choices=[
                    ("signed_out", "Signed out"),
                    ("killed", "Ended by somebody else"),
                    ("ended_elsewhere", "Ended by its person from elsewhere"),
                    ("refresh_reused", "A used refresh token came back"),
                    ("member_removed", "The person was removed"),
                    ("password_changed", "The password was changed"),
                    ("device_revoked", "Its device was revoked"),
                    ("network_revoked", "Its network was revoked"),
                    ("factors_reset", "The second factors were reset"),
                ],
                max_length=32,
                null=True,
            ),
        ),
        INDEPENDENT,
    ]
