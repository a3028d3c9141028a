"""An organization may return to the general limits: its own rule stays, withdrawn."""

from __future__ import annotations

from django.db import migrations, models
from django.db.models import Q

from kernel.row_security import APPLICATION

PRIVILEGES = migrations.RunSQL(
    f"GRANT UPDATE (withdrawn_at) ON wallets_limitrule TO {APPLICATION};",
    f"REVOKE UPDATE (withdrawn_at) ON wallets_limitrule FROM {APPLICATION};",
)


class Migration(migrations.Migration):
    dependencies = [("wallets", "0007_dated_cash")]

    operations = [
        migrations.AddField(
            "limitrule",
            "withdrawn_at",
            models.DateTimeField(
                help_text="Since when the general rule holds again; null: this one does.", null=True
            ),
        ),
        migrations.AddConstraint(
            "limitrule",
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True) | Q(organization__isnull=False),
                name="limit_rule_general_stays",
            ),
        ),
        PRIVILEGES,
    ]
