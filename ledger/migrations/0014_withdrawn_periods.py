"""An open period may be withdrawn; its row stays, and another may end on the same day."""

from __future__ import annotations

from django.db import migrations, models
from django.db.models import Q

from kernel.row_security import APPLICATION

STATES = [("OPEN", "Open"), ("CLOSED", "Closed")]
PROVEN = Q(state="CLOSED", closed_at__isnull=False) & Q(
    closing_proof__isnull=False, opening_proof__isnull=False
)

PRIVILEGES = migrations.RunSQL(
    f"GRANT UPDATE (withdrawn_at) ON ledger_period TO {APPLICATION};",
    f"REVOKE UPDATE (withdrawn_at) ON ledger_period FROM {APPLICATION};",
)

# As `period_times_readable`: one time out of reach would break every list it is in.
TIMES = migrations.RunSQL(
    """
    ALTER TABLE ledger_period ADD CONSTRAINT period_withdrawal_readable
        CHECK (withdrawn_at >= '1900-01-01 00:00+00' AND withdrawn_at < '9999-01-01 00:00+00');
    """,
    "ALTER TABLE ledger_period DROP CONSTRAINT period_withdrawal_readable;",
)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0013_promises_of_held_fees")]

    operations = [
        migrations.AddField("period", "withdrawn_at", models.DateTimeField(null=True)),
        migrations.AlterField(
            "period",
            "state",
            models.TextField(choices=[*STATES, ("WITHDRAWN", "Withdrawn")], default="OPEN"),
        ),
        migrations.RemoveConstraint("period", "period_end"),
        migrations.AddConstraint(
            "period",
            models.UniqueConstraint(
                condition=~Q(state="WITHDRAWN"),
                fields=("organization", "ends_at"),
                name="period_end",
            ),
        ),
        migrations.RemoveConstraint("period", "period_closed_with_proof"),
        migrations.AddConstraint(
            "period",
            models.CheckConstraint(
                condition=Q(state__in=("OPEN", "WITHDRAWN"))
                & Q(closed_at__isnull=True, closing_proof__isnull=True)
                | PROVEN,
                name="period_closed_with_proof",
            ),
        ),
        migrations.AddConstraint(
            "period",
            models.CheckConstraint(
                condition=Q(state="WITHDRAWN", withdrawn_at__isnull=False)
                | ~Q(state="WITHDRAWN") & Q(withdrawn_at__isnull=True),
                name="period_withdrawn_since",
            ),
        ),
        PRIVILEGES,
        TIMES,
    ]
