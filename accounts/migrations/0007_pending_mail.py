"""Mail on its way out: sealed, short-lived, one way."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import kernel.ids
from kernel.row_security import grants, identity_table

PROMISES = migrations.RunSQL(
    """
    CREATE TRIGGER accounts_pendingmail_one_way BEFORE UPDATE ON accounts_pendingmail
        FOR EACH ROW WHEN (
            OLD.died_at IS NOT NULL OR NEW.attempts < OLD.attempts
        ) EXECUTE FUNCTION accounts_refuse();
    """,
    "DROP TRIGGER accounts_pendingmail_one_way ON accounts_pendingmail;",
)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_phones")]

    operations = [
        migrations.CreateModel(
            name="PendingMail",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("kind", models.CharField(max_length=40)),
                (
                    "sealed",
                    models.BinaryField(
                        help_text="Address, subject and text; null once dead.", null=True
                    ),
                ),
                ("created_at", models.DateTimeField()),
                (
                    "expires_at",
                    models.DateTimeField(help_text="Not sent after this: what it says is void."),
                ),
                (
                    "attempts",
                    models.PositiveSmallIntegerField(default=0, help_text="Begun, sent or not."),
                ),
                (
                    "next_attempt_at",
                    models.DateTimeField(help_text="While one is under way: when it is given up."),
                ),
                ("died_at", models.DateTimeField(null=True)),
                (
                    "failure",
                    models.CharField(help_text="The error's name.", max_length=64, null=True),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        help_text="Null: an invitation.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"ordering": ("-id",), "verbose_name_plural": "pending mail"},
        ),
        migrations.AddIndex(
            model_name="pendingmail",
            index=models.Index(
                condition=models.Q(("died_at__isnull", True)),
                fields=["next_attempt_at"],
                name="accounts_pendingmail_due",
            ),
        ),
        migrations.AddConstraint(
            model_name="pendingmail",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("died_at__isnull", True),
                        ("failure__isnull", True),
                        ("sealed__isnull", False),
                    ),
                    models.Q(
                        ("died_at__isnull", False),
                        ("failure__isnull", False),
                        ("sealed__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="accounts_pendingmail_dead",
            ),
        ),
        migrations.AddConstraint(
            model_name="pendingmail",
            constraint=models.CheckConstraint(
                condition=models.Q(("expires_at__gt", models.F("created_at"))),
                name="accounts_pendingmail_lifetime",
            ),
        ),
        PROMISES,
        identity_table("accounts_pendingmail"),
        # Deleting is the point: a secret that has reached its reader stays nowhere else.
        grants(
            "accounts_pendingmail",
            "SELECT",
            "INSERT",
            "UPDATE (sealed, attempts, next_attempt_at, died_at, failure)",
            "DELETE",
        ),
    ]
