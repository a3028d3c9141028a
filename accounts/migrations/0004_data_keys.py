"""Data keys: seen by their owner, unwrapped nowhere but in the product, shredded for ever."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import kernel.ids
from kernel.row_security import grants, identity_table

ONE_WAY = migrations.RunSQL(
    """
    CREATE TRIGGER accounts_datakey_one_way BEFORE UPDATE ON accounts_datakey FOR EACH ROW
        WHEN (OLD.shredded_at IS NOT NULL) EXECUTE FUNCTION accounts_refuse();
    """,
    "DROP TRIGGER accounts_datakey_one_way ON accounts_datakey;",
)

# An address stays as it is, but for a closed account that is being erased.
ERASED = migrations.RunSQL(
    """
    GRANT UPDATE (email) ON accounts_user TO vaultcraft_app;
    CREATE TRIGGER accounts_user_email_only_erased BEFORE UPDATE OF email ON accounts_user
        FOR EACH ROW WHEN (
            NEW.email <> OLD.email
            AND (NEW.is_active OR NEW.email <> 'erased-' || NEW.id || '@erased.invalid')
        ) EXECUTE FUNCTION accounts_refuse();
    """,
    """
    DROP TRIGGER accounts_user_email_only_erased ON accounts_user;
    REVOKE UPDATE (email) ON accounts_user FROM vaultcraft_app;
    """,
)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_time_zones"),
    ]

    operations = [
        migrations.CreateModel(
            name="DataKey",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "version",
                    models.PositiveIntegerField(
                        help_text="Counts up for each owner; the last one seals."
                    ),
                ),
                (
                    "master_version",
                    models.PositiveIntegerField(help_text="Of the master key that wraps it."),
                ),
                ("wrapped", models.BinaryField(null=True)),
                ("created_at", models.DateTimeField()),
                ("shredded_at", models.DateTimeField(null=True)),
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
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "user", "version"),
                        name="accounts_datakey_one_version",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("organization__isnull", False),
                            ("user__isnull", False),
                            _connector="OR",
                        ),
                        name="accounts_datakey_owner",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("shredded_at__isnull", True), ("wrapped__isnull", False)),
                            models.Q(("shredded_at__isnull", False), ("wrapped__isnull", True)),
                            _connector="OR",
                        ),
                        name="accounts_datakey_shredded",
                    ),
                ],
            },
        ),
        ONE_WAY,
        ERASED,
        identity_table("accounts_datakey"),
        grants(
            "accounts_datakey", "SELECT", "INSERT", "UPDATE (wrapped, master_version, shredded_at)"
        ),
    ]
