"""Approvals know payouts by name: who pays a bank approves that, and no transfer."""

from __future__ import annotations

from django.db import migrations, models

KINDS = [
    ("transfer", "Transfer"),
    ("payout", "Payout"),
    ("hold", "Hold"),
    ("capture", "Capture"),
    ("reversal", "Reversal"),
    ("batch", "Batch"),
]


class Migration(migrations.Migration):
    dependencies = [("accounts", "0052_erased_people_stay_closed")]

    operations = [
        migrations.RemoveConstraint(model_name="approval", name="accounts_approval_kind"),
        migrations.AlterField(
            model_name="approval",
            name="kind",
            field=models.CharField(choices=KINDS, max_length=16),
        ),
        migrations.AddConstraint(
            model_name="approval",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", [kind for kind, _ in KINDS])),
                name="accounts_approval_kind",
            ),
        ),
    ]
