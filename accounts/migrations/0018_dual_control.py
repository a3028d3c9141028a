"""What takes two people is called dual control, and a second person agrees.

An approval is a person's own consent to one movement, and nothing else. What the audit record and
the outbox said before stays as it was said.
"""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q

from kernel.row_security import names_follow

_DECIDED = ("agreed", "failed", "rejected")
# Settings and kinds of act, by their names before and after.
_NAMES = (
    ("approvals.staff_second_person", "dual_control.staff"),
    ("approvals.lifetime_hours", "dual_control.lifetime_hours"),
    ("accounts.approval_policy", "accounts.dual_control_policy"),
    ("wallets.approval_threshold", "wallets.dual_control_threshold"),
    ("approval_threshold", "dual_control_threshold"),
)


def _renamed(names: tuple[tuple[str, str], ...], state: tuple[str, str]) -> str:
    """Acts that wait go on to wait, and those that are decided stay decided."""
    pairs = ", ".join(f"('{before}', '{after}')" for before, after in names)
    return f"""
    SELECT set_config('vaultcraft.scope', 'platform', true);
    CREATE TEMPORARY TABLE renamed (before text PRIMARY KEY, after text) ON COMMIT DROP;
    INSERT INTO renamed VALUES {pairs};
    ALTER TABLE accounts_pendingact DISABLE TRIGGER USER;
    UPDATE accounts_pendingact SET state = '{state[1]}' WHERE state = '{state[0]}';
    UPDATE accounts_pendingact SET kind = after FROM renamed WHERE kind = before;
    UPDATE accounts_pendingact SET result_type = after FROM renamed WHERE result_type = before;
    UPDATE accounts_pendingact SET facts = jsonb_set(facts, '{{name}}', to_jsonb(after))
    FROM renamed WHERE kind = 'accounts.system_setting' AND facts ->> 'name' = before;
    -- Foreign keys checked at the end of the transaction would bar the statements that follow.
    SET CONSTRAINTS ALL IMMEDIATE;
    ALTER TABLE accounts_pendingact ENABLE TRIGGER USER;
    UPDATE accounts_systemsetting SET name = after FROM renamed WHERE name = before;
    DROP TABLE renamed;
    SELECT set_config('vaultcraft.scope', '', true);
    """  # noqa: S608 - of constants


RENAMED = migrations.RunSQL(
    _renamed(_NAMES, ("approved", "agreed")),
    _renamed(tuple((after, before) for before, after in _NAMES), ("agreed", "approved")),
)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0017_promises_of_pending_acts"),
        ("contenttypes", "0002_remove_content_type_name"),  # Django renames its rows, too
    ]

    operations = [
        migrations.RenameModel("ApprovalPolicy", "DualControlPolicy"),
        names_follow("accounts_approvalpolicy", "accounts_dualcontrolpolicy"),
        migrations.AlterField(
            "dualcontrolpolicy",
            "organization",
            models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                primary_key=True,
                related_name="dual_control_policy",
                serialize=False,
                to="accounts.organization",
            ),
        ),
        migrations.AlterField(
            "pendingact",
            "state",
            models.TextField(
                choices=[
                    ("pending", "Waiting"),
                    ("agreed", "Agreed"),
                    ("failed", "Agreed, and refused"),
                    ("rejected", "Rejected"),
                    ("withdrawn", "Withdrawn"),
                    ("expired", "Expired"),
                ],
                default="pending",
            ),
        ),
        migrations.RemoveConstraint("pendingact", "pending_act_decided"),
        migrations.RemoveConstraint("pendingact", "pending_act_in_time"),
        migrations.RemoveConstraint("pendingact", "pending_act_result"),
        RENAMED,
        migrations.AddConstraint(
            "pendingact",
            models.CheckConstraint(
                condition=Q(state="pending") & Q(checker__isnull=True, decided_at__isnull=True)
                | Q(state__in=_DECIDED) & Q(checker__isnull=False, decided_at__isnull=False)
                | Q(state__in=("withdrawn", "expired"))
                & Q(checker__isnull=True, decided_at__isnull=False),
                name="pending_act_decided",
            ),
        ),
        migrations.AddConstraint(
            "pendingact",
            models.CheckConstraint(
                condition=~Q(state__in=_DECIDED) | Q(decided_at__lt=F("expires_at")),
                name="pending_act_in_time",
            ),
        ),
        migrations.AddConstraint(
            "pendingact",
            models.CheckConstraint(
                condition=Q(result_id__isnull=True) | Q(state__in=("agreed", "failed")),
                name="pending_act_result",
            ),
        ),
    ]
