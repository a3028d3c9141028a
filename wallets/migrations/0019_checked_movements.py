"""A movement that a second person agreed to says so: the act, and who agreed."""

from __future__ import annotations

from django.db import migrations, models
from django.db.models import Q

# Asked when the money moves: the consent itself is written at the end of the same transaction, and
# `accounts` holds that it is another person's.
CHECKED = migrations.RunSQL(
    """
    CREATE FUNCTION wallets_check_pending_act() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF NOT EXISTS (
            SELECT FROM accounts_pendingact a
            WHERE a.id = NEW.pending_act_id AND a.state = 'pending'
              AND a.reference = NEW.reference AND a.maker_id = NEW.actor_id
              AND a.amount_minor = NEW.amount_minor AND a.currency = NEW.currency_id
              AND a.maker_id <> NEW.checker_id
              AND a.maker_person_id IS DISTINCT FROM NEW.checker_id
        ) THEN
            RAISE EXCEPTION 'transfer % is not what act % asks for', NEW.id, NEW.pending_act_id
                USING ERRCODE = 'VC070', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
        END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER transfer_pending_act AFTER INSERT ON wallets_transfer FOR EACH ROW
        WHEN (NEW.pending_act_id IS NOT NULL) EXECUTE FUNCTION wallets_check_pending_act();
    """,
    """
    DROP TRIGGER transfer_pending_act ON wallets_transfer;
    DROP FUNCTION wallets_check_pending_act();
    """,
)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0030_independent_checkers"),
        ("wallets", "0018_wallets_of_people"),
    ]

    operations = [
        migrations.AddField(
            model_name="transfer",
            name="pending_act_id",
            field=models.UUIDField(
                help_text="The act a second person agreed to, where it took one.", null=True
            ),
        ),
        migrations.AddField(
            model_name="transfer", name="checker_id", field=models.UUIDField(null=True)
        ),
        migrations.AddField(
            model_name="transfer",
            name="checker_display",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddConstraint(
            model_name="transfer",
            constraint=models.CheckConstraint(
                condition=Q(pending_act_id__isnull=True, checker_id__isnull=True)
                | Q(pending_act_id__isnull=False, checker_id__isnull=False),
                name="transfer_checked_whole",
            ),
        ),
        CHECKED,
    ]
