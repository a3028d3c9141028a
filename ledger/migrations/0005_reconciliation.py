"""Checks of the books that were made; the application adds to them and changes nothing."""

import django.db.models.deletion
from django.db import migrations, models

import kernel.ids
from kernel.row_security import append_only, of_tenant, tenant_table


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_promises"),
        ("ledger", "0004_promises_of_complete_books"),
    ]

    operations = [
        migrations.CreateModel(
            name="ReconcileJob",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "whole",
                    models.BooleanField(
                        help_text="Whether every pass ran over every organization."
                    ),
                ),
                (
                    "door",
                    models.TextField(
                        choices=[
                            ("api", "Api"),
                            ("web", "Web"),
                            ("admin", "Admin"),
                            ("command", "Command"),
                            ("task", "Task"),
                        ]
                    ),
                ),
                ("request_id", models.TextField()),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField()),
                (
                    "visited",
                    models.BigIntegerField(help_text="Rows looked at, by all passes together."),
                ),
                ("found", models.BigIntegerField(help_text="Rows that break a rule.")),
                ("passes", models.JSONField(default=list)),
                ("not_verified", models.JSONField(default=list)),
                (
                    "organization",
                    models.ForeignKey(
                        help_text="Null: the books of all organizations.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="ReconcileFinding",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("check_name", models.TextField(help_text="The pass.")),
                ("rule", models.TextField()),
                ("organization_id", models.UUIDField(null=True)),
                (
                    "subject",
                    models.TextField(help_text="What kind of thing: account, entry, transfer, ..."),
                ),
                ("subject_id", models.TextField()),
                ("facts", models.JSONField(default=dict)),
                (
                    "job",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="findings",
                        to="ledger.reconcilejob",
                    ),
                ),
            ],
            options={
                "ordering": ("id",),
            },
        ),
        append_only("ledger_reconcilejob"),
        append_only("ledger_reconcilefinding"),
        tenant_table("ledger_reconcilejob", visible=of_tenant("organization_id")),
        tenant_table("ledger_reconcilefinding", visible=of_tenant("organization_id")),
    ]
