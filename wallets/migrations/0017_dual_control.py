"""The thresholds above which payments take a second person are of dual control; see accounts 0018."""

from django.db import migrations, models
from django.db.models import Q

from kernel.row_security import names_follow

_OWN = (
    ("approval_threshold_one", "dual_control_threshold_one"),
    ("approval_threshold_amount", "dual_control_threshold_amount"),
)
_RENAME = "ALTER TABLE wallets_dualcontrolthreshold RENAME CONSTRAINT {} TO {}"


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0018_dual_control"),
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
    ]
