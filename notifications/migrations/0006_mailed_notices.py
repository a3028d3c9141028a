"""Which notices went with a mail, and lists of one topic that a flood of another does not slow."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0004_promises_of_notices")]

    operations = [
        migrations.AddField(
            model_name="notification",
            name="by_email",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddIndex(
            model_name="notification",
            index=models.Index(
                condition=models.Q(("in_app", True)),
                fields=["user", "kind", "-id"],
                name="notifications_kind",
            ),
        ),
        migrations.AddIndex(
            model_name="notification",
            index=models.Index(
                condition=models.Q(("by_email", True)),
                fields=["user", "happened_at"],
                name="notifications_mailed",
            ),
        ),
    ]
