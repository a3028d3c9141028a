"""When somebody's second factors were reset, and how long a browser's session may lie idle."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0019_attacked_dual_control")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="factors_reset_at",
            field=models.DateTimeField(
                help_text="When two others reset the person's lost second factors.", null=True
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="factors_renewed_at",
            field=models.DateTimeField(
                help_text="When the person first added a factor after that.", null=True
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("factors_renewed_at__isnull", True),
                    ("factors_reset_at__isnull", False),
                    _connector="OR",
                ),
                name="accounts_user_factors_renewed",
            ),
        ),
        migrations.AddField(
            model_name="signinsession",
            name="idle_seconds",
            field=models.PositiveIntegerField(
                help_text="So long after it was last seen it ends; null: tokens idle out instead.",
                null=True,
            ),
        ),
        migrations.AddConstraint(
            model_name="signinsession",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("idle_seconds__isnull", True), ("idle_seconds__gt", 0), _connector="OR"
                ),
                name="accounts_session_idle",
            ),
        ),
        migrations.AlterField(
            model_name="signinsession",
            name="last_seen_at",
            field=models.DateTimeField(
                help_text="When it was opened, last refreshed or, to the minute, last used."
            ),
        ),
        migrations.AlterField(
            model_name="signinsession",
            name="revoked_reason",
            field=models.CharField(
                choices=[
                    ("signed_out", "Signed out"),
                    ("killed", "Ended by somebody else"),
                    ("refresh_reused", "A used refresh token came back"),
                    ("member_removed", "The person was removed"),
                    ("password_changed", "The password was changed"),
                    ("device_revoked", "Its device was revoked"),
                    ("network_revoked", "Its network was revoked"),
                    ("factors_reset", "The second factors were reset"),
                ],
                max_length=32,
                null=True,
            ),
        ),
    ]
