"""A key may stand on a consent to it, which is used once; see decision 60."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0035_names_leave_pending_acts"),
    ]

    operations = [
        migrations.AddField(
            model_name="apikey",
            name="permit",
            field=models.OneToOneField(
                help_text="A second person's consent to just this key, used once; null: it took none.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.pendingact",
            ),
        ),
    ]
