"""Payments that take a second person: the thresholds, and what went out without one."""

import django.db.models.deletion
from django.db import migrations, models

import kernel.ids


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0017_promises_of_pending_acts"),
        ("ledger", "0016_rules_a_review_missed"),
        ("wallets", "0013_directory_of_tiers"),
    ]

    operations = [
        migrations.CreateModel(
            name="ApprovalThreshold",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("threshold_minor", models.BigIntegerField(null=True)),
                (
                    "counts_keys",
                    models.BooleanField(
                        default=True, help_text="Whether it counts for API keys as for people."
                    ),
                ),
                ("set_at", models.DateTimeField()),
                (
                    "currency",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.currency",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "currency"), name="approval_threshold_one"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("threshold_minor__isnull", True),
                            ("threshold_minor__range", (0, 9007199254740991)),
                            _connector="OR",
                        ),
                        name="approval_threshold_amount",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="UncheckedSum",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "subject_id",
                    models.UUIDField(
                        help_text="A person, a wallet, or a key of the program's own."
                    ),
                ),
                ("hour", models.DateTimeField(help_text="The beginning of the newest hour.")),
                (
                    "hours",
                    models.JSONField(
                        help_text="Minor units: of that hour, and of each hour before it."
                    ),
                ),
                (
                    "currency",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.currency",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "subject_id", "currency"), name="unchecked_sum_one"
                    )
                ],
            },
        ),
    ]
