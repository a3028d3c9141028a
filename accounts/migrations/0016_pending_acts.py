"""Acts that wait for a second person, the policies that say which, and settings of the installation."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import kernel.ids


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0015_approving_challenges"),
    ]

    operations = [
        migrations.CreateModel(
            name="ApprovalPolicy",
            fields=[
                (
                    "organization",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="approval_policy",
                        serialize=False,
                        to="accounts.organization",
                    ),
                ),
                (
                    "roles",
                    models.BooleanField(default=False, help_text="Making somebody an officer."),
                ),
                (
                    "journals",
                    models.BooleanField(
                        default=False, help_text="Entries by hand, and undoing them."
                    ),
                ),
                ("terms", models.BooleanField(default=False, help_text="Fees and clearing caps.")),
                ("set_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="SystemSetting",
            fields=[
                ("name", models.TextField(primary_key=True, serialize=False)),
                ("value", models.JSONField()),
                ("set_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="PendingAct",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("kind", models.TextField(help_text="A name of the registry of kinds.")),
                ("facts", models.JSONField()),
                ("amount_minor", models.BigIntegerField(null=True)),
                ("currency", models.CharField(max_length=3, null=True)),
                (
                    "reference",
                    models.BinaryField(
                        help_text="Of the request: asked twice, it waits once.",
                        max_length=32,
                        unique=True,
                    ),
                ),
                (
                    "fingerprint",
                    models.BinaryField(help_text="SHA-256 of what was asked.", max_length=32),
                ),
                (
                    "maker_kind",
                    models.TextField(
                        choices=[
                            ("user", "User"),
                            ("api_key", "Api_Key"),
                            ("system", "System"),
                            ("counterparty", "Counterparty"),
                            ("anonymous", "Anonymous"),
                        ]
                    ),
                ),
                ("maker_id", models.UUIDField()),
                ("maker_display", models.TextField(blank=True)),
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
                ("made_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                (
                    "state",
                    models.TextField(
                        choices=[
                            ("pending", "Waiting"),
                            ("approved", "Approved"),
                            ("failed", "Approved, and refused"),
                            ("rejected", "Rejected"),
                            ("withdrawn", "Withdrawn"),
                            ("expired", "Expired"),
                        ],
                        default="pending",
                    ),
                ),
                ("checker_display", models.TextField(blank=True)),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "note",
                    models.TextField(blank=True, help_text="Why, in the words of who decided."),
                ),
                (
                    "reason_code",
                    models.TextField(blank=True, help_text="Why executing it was refused."),
                ),
                ("result_type", models.TextField(blank=True)),
                ("result_id", models.UUIDField(help_text="What it made or changed.", null=True)),
                (
                    "checker",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "maker_person",
                    models.ForeignKey(
                        help_text="Who asks, or issued the API key that asks; null: the program issued it.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        help_text="Null: the platform's own act.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
                "indexes": [
                    models.Index(fields=["organization", "-id"], name="pending_act_organization"),
                    models.Index(
                        condition=models.Q(("state", "pending")),
                        fields=["expires_at"],
                        name="pending_act_waiting",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("checker__isnull", True),
                            models.Q(
                                models.Q(("checker", models.F("maker_id")), _negated=True),
                                models.Q(
                                    ("maker_person__isnull", True),
                                    models.Q(("checker", models.F("maker_person")), _negated=True),
                                    _connector="OR",
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="pending_act_two_people",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("state", "pending"),
                                ("checker__isnull", True),
                                ("decided_at__isnull", True),
                            ),
                            models.Q(
                                ("state__in", ("approved", "failed", "rejected")),
                                ("checker__isnull", False),
                                ("decided_at__isnull", False),
                            ),
                            models.Q(
                                ("state__in", ("withdrawn", "expired")),
                                ("checker__isnull", True),
                                ("decided_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="pending_act_decided",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("state__in", ("approved", "failed", "rejected")), _negated=True
                            ),
                            ("decided_at__lt", models.F("expires_at")),
                            _connector="OR",
                        ),
                        name="pending_act_in_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "expired"), _negated=True),
                            ("decided_at__gte", models.F("expires_at")),
                            _connector="OR",
                        ),
                        name="pending_act_overdue",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("state", "failed"), models.Q(("reason_code", ""), _negated=True)
                            ),
                            models.Q(
                                models.Q(("state", "failed"), _negated=True), ("reason_code", "")
                            ),
                            _connector="OR",
                        ),
                        name="pending_act_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("result_id__isnull", True),
                            ("state__in", ("approved", "failed")),
                            _connector="OR",
                        ),
                        name="pending_act_result",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("amount_minor__isnull", True), ("currency__isnull", True)),
                            models.Q(
                                ("amount_minor__range", (0, 9007199254740991)),
                                ("currency__regex", "^[A-Z]{3}$"),
                            ),
                            _connector="OR",
                        ),
                        name="pending_act_amount",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("maker_kind", "user"), ("maker_person", models.F("maker_id"))
                            ),
                            models.Q(("maker_kind", "api_key"), ("organization__isnull", False)),
                            _connector="OR",
                        ),
                        name="pending_act_maker",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("expires_at__gt", models.F("made_at"))),
                        name="pending_act_lives",
                    ),
                ],
            },
        ),
    ]
