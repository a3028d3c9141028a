"""Deposits and withdrawals may name the earlier time from which they count."""

from __future__ import annotations

from django.db import migrations, models
from django.db.models import F, Q

# As the times of the books: Python, JSON and spreadsheets read years 1 to 9999.
TIMES = migrations.RunSQL(
    """
    ALTER TABLE wallets_transfer ADD CONSTRAINT transfer_effective_readable
        CHECK (effective_at >= '1900-01-01 00:00+00' AND effective_at < '9999-01-01 00:00+00');
    """,
    "ALTER TABLE wallets_transfer DROP CONSTRAINT transfer_effective_readable;",
)


class Migration(migrations.Migration):
    dependencies = [("wallets", "0006_one_look_for_a_batch")]

    operations = [
        migrations.AddField(
            "transfer",
            "effective_at",
            models.DateTimeField(
                help_text="From when it counts, where a cash movement names an earlier time.",
                null=True,
            ),
        ),
        migrations.AddConstraint(
            "transfer",
            models.CheckConstraint(
                condition=Q(effective_at__isnull=True)
                | Q(kind__in=("deposit", "withdrawal")) & Q(effective_at__lte=F("created_at")),
                name="transfer_effective_cash",
            ),
        ),
        TIMES,
    ]
