"""The thresholds above which payments take a second person are of dual control; see accounts 0018.

A threshold asks less only where two people agreed to just that, in the same transaction; see 0019.
"""

from django.db import migrations, models
from django.db.models import Q

from kernel.row_security import names_follow

_OWN = (
    ("approval_threshold_one", "dual_control_threshold_one"),
    ("approval_threshold_amount", "dual_control_threshold_amount"),
)
_RENAME = "ALTER TABLE wallets_dualcontrolthreshold RENAME CONSTRAINT {} TO {}"

LOOSENED = migrations.RunSQL(
    """
    CREATE FUNCTION wallets_guard_dual_control_threshold() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF NOT accounts_agreed_to(
            NEW.organization_id, 'wallets.dual_control_threshold', jsonb_build_object(
                'currency', NEW.currency_id, 'threshold_minor', NEW.threshold_minor,
                'counts_keys', NEW.counts_keys
            ), NEW.set_at
        ) THEN
            RAISE EXCEPTION 'nobody agreed that more of % takes one person', NEW.currency_id
                USING ERRCODE = 'VC061', CONSTRAINT = 'dual_control_threshold_loosened_by_two';
        END IF;
        RETURN NULL;
    END $$;
    CREATE CONSTRAINT TRIGGER dual_control_threshold_loosened_by_two
        AFTER UPDATE ON wallets_dualcontrolthreshold DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW WHEN (
            OLD.threshold_minor IS NOT NULL AND (
                NEW.threshold_minor IS NULL OR NEW.threshold_minor > OLD.threshold_minor
                OR OLD.counts_keys AND NOT NEW.counts_keys
            )
        ) EXECUTE FUNCTION wallets_guard_dual_control_threshold();
    """,
    """
    DROP TRIGGER dual_control_threshold_loosened_by_two ON wallets_dualcontrolthreshold;
    DROP FUNCTION wallets_guard_dual_control_threshold();
    """,
)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0019_attacked_dual_control"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("wallets", "0016_wallet_policies"),
    ]

    operations = [
        migrations.RenameModel("ApprovalThreshold", "DualControlThreshold"),
        names_follow("wallets_approvalthreshold", "wallets_dualcontrolthreshold"),
        migrations.RunSQL(
            [_RENAME.format(before, after) for before, after in _OWN],
            [_RENAME.format(after, before) for before, after in _OWN],
            state_operations=[
                *(migrations.RemoveConstraint("dualcontrolthreshold", old) for old, _ in _OWN),
                migrations.AddConstraint(
                    "dualcontrolthreshold",
                    models.UniqueConstraint(
                        fields=("organization", "currency"), name="dual_control_threshold_one"
                    ),
                ),
                migrations.AddConstraint(
                    "dualcontrolthreshold",
                    models.CheckConstraint(
                        condition=Q(threshold_minor__isnull=True)
                        | Q(threshold_minor__range=(0, 9007199254740991)),
                        name="dual_control_threshold_amount",
                    ),
                ),
            ],
        ),
        LOOSENED,
    ]
