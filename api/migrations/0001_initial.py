"""The idempotency guards, visible to their own organization only."""

from django.db import migrations, models

from kernel.row_security import of_tenant, tenant_table


class Migration(migrations.Migration):
    initial = True

    dependencies = [("audit", "0002_promises")]

    operations = [
        migrations.CreateModel(
            name="IdempotencyGuard",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("organization_id", models.UUIDField(help_text="All zeros for platform staff.")),
                ("principal", models.CharField(max_length=64)),
                ("route", models.CharField(max_length=40)),
                ("key", models.CharField(max_length=255)),
                (
                    "fingerprint",
                    models.BinaryField(help_text="SHA-256 of route and body.", max_length=32),
                ),
                (
                    "attempt",
                    models.PositiveIntegerField(
                        default=1, help_text="Grows when a lease is taken over."
                    ),
                ),
                ("lease_expires_at", models.DateTimeField(null=True)),
                ("status", models.PositiveSmallIntegerField(null=True)),
                ("body", models.BinaryField(null=True)),
                ("headers", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField()),
            ],
            options={"db_table": "api_idempotency_guard"},
        ),
        migrations.AddIndex(
            model_name="idempotencyguard",
            index=models.Index(fields=["created_at"], name="idempotency_guard_age"),
        ),
        migrations.AddConstraint(
            model_name="idempotencyguard",
            constraint=models.UniqueConstraint(
                fields=("organization_id", "principal", "route", "key"),
                name="idempotency_guard_scope",
            ),
        ),
        migrations.AddConstraint(
            model_name="idempotencyguard",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    status__isnull=True, lease_expires_at__isnull=False, body__isnull=True
                )
                | models.Q(status__isnull=False, lease_expires_at__isnull=True),
                name="idempotency_guard_state",
            ),
        ),
        tenant_table("api_idempotency_guard", visible=of_tenant("organization_id")),
    ]
