"""Phone numbers: sealed, found by a blind index; their person may take them back."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import kernel.ids
from kernel.row_security import grants, identity_table

HASH = migrations.RunSQL(
    "ALTER TABLE accounts_phone ADD CONSTRAINT accounts_phone_index"
    " CHECK (octet_length(blind_index) = 32);",
    "ALTER TABLE accounts_phone DROP CONSTRAINT accounts_phone_index;",
)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_data_keys"),
    ]

    operations = [
        migrations.CreateModel(
            name="Phone",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("sealed", models.BinaryField(help_text="E.164, under the person's data key.")),
                ("blind_index", models.BinaryField(db_index=True)),
                ("last_digits", models.CharField(max_length=2)),
                ("set_at", models.DateTimeField()),
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
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="phone",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
            },
        ),
        HASH,
        identity_table("accounts_phone"),
        grants(
            "accounts_phone",
            "SELECT",
            "INSERT",
            "DELETE",  # a person may take the number back, and an erasure takes it along
            "UPDATE (sealed, blind_index, last_digits, set_at)",
        ),
    ]
