"""Organizations, people, sessions and keys."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

import kernel.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="User",
            fields=[
                ("password", models.CharField(max_length=128, verbose_name="password")),
                (
                    "last_login",
                    models.DateTimeField(blank=True, null=True, verbose_name="last login"),
                ),
                (
                    "id",
                    models.UUIDField(
                        default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("email", models.EmailField(max_length=254, unique=True)),
                ("full_name", models.CharField(max_length=200)),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("owner", "Owner"),
                            ("admin", "Admin"),
                            ("finance", "Finance"),
                            ("member", "Member"),
                            ("viewer", "Viewer"),
                        ],
                        max_length=16,
                        null=True,
                    ),
                ),
                (
                    "platform_role",
                    models.CharField(
                        choices=[
                            ("moderator", "Moderator"),
                            ("admin", "Admin"),
                            ("super_admin", "Super admin"),
                        ],
                        max_length=16,
                        null=True,
                    ),
                ),
                ("is_active", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="Organization",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "slug",
                    models.SlugField(
                        help_text="Short name for addresses.", max_length=80, unique=True
                    ),
                ),
                ("name", models.CharField(help_text="The registered name.", max_length=200)),
                ("display_name", models.CharField(help_text="The name people see.", max_length=80)),
                ("country", models.CharField(help_text="ISO 3166-1 alpha-2.", max_length=2)),
                (
                    "timezone",
                    models.CharField(
                        help_text="IANA name; days and months follow it.", max_length=64
                    ),
                ),
                ("base_currency", models.CharField(help_text="ISO 4217.", max_length=3)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("active", "Active"),
                            ("suspended", "Suspended"),
                        ],
                        default="pending",
                        max_length=16,
                    ),
                ),
                ("created_at", models.DateTimeField()),
                (
                    "activated_at",
                    models.DateTimeField(help_text="When it first became active.", null=True),
                ),
            ],
            options={
                "ordering": ("-id",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["pending", "active", "suspended"])),
                        name="accounts_organization_status",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("activated_at__isnull", True), ("status", "pending")),
                            models.Q(
                                models.Q(("status", "pending"), _negated=True),
                                ("activated_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="accounts_organization_activated_at",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("country__regex", "^[A-Z]{2}$")),
                        name="accounts_organization_country",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("base_currency__regex", "^[A-Z]{3}$")),
                        name="accounts_organization_currency",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ApiKey",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=80)),
                (
                    "prefix",
                    models.CharField(
                        help_text="The start of the secret, to tell it by.", max_length=24
                    ),
                ),
                (
                    "secret_hash",
                    models.BinaryField(help_text="SHA-256 of the whole secret.", unique=True),
                ),
                (
                    "scopes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=32), size=None
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(null=True)),
                ("last_used_at", models.DateTimeField(help_text="Exact to a minute.", null=True)),
                ("revoked_at", models.DateTimeField(null=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        help_text="Null: the program.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="api_keys",
                        to="accounts.organization",
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
            },
        ),
        migrations.AddField(
            model_name="user",
            name="organization",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="people",
                to="accounts.organization",
            ),
        ),
        migrations.CreateModel(
            name="SignInSession",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "door",
                    models.CharField(
                        choices=[
                            ("api", "API"),
                            ("web", "WEB"),
                            ("admin", "ADMIN"),
                            ("command", "COMMAND"),
                            ("task", "TASK"),
                        ],
                        max_length=16,
                    ),
                ),
                ("ip", models.GenericIPAddressField(null=True)),
                ("user_agent", models.CharField(blank=True, max_length=300)),
                ("opened_at", models.DateTimeField()),
                (
                    "last_seen_at",
                    models.DateTimeField(help_text="When it was opened or last refreshed."),
                ),
                (
                    "expires_at",
                    models.DateTimeField(help_text="The absolute end, however often refreshed."),
                ),
                ("revoked_at", models.DateTimeField(null=True)),
                (
                    "revoked_reason",
                    models.CharField(
                        choices=[
                            ("signed_out", "Signed out"),
                            ("killed", "Ended by somebody else"),
                            ("refresh_reused", "A used refresh token came back"),
                            ("member_removed", "The person was removed"),
                        ],
                        max_length=32,
                        null=True,
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        help_text="The person's own, copied so that tenants can be told apart here.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sessions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="RefreshToken",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "token_hash",
                    models.BinaryField(help_text="SHA-256 of the opaque token.", unique=True),
                ),
                ("issued_at", models.DateTimeField()),
                (
                    "expires_at",
                    models.DateTimeField(help_text="The idle end, moved on by each refresh."),
                ),
                ("used_at", models.DateTimeField(null=True)),
                (
                    "successor",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="predecessor",
                        to="accounts.refreshtoken",
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tokens",
                        to="accounts.signinsession",
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="Invitation",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("email", models.EmailField(max_length=254)),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("owner", "Owner"),
                            ("admin", "Admin"),
                            ("finance", "Finance"),
                            ("member", "Member"),
                            ("viewer", "Viewer"),
                        ],
                        max_length=16,
                    ),
                ),
                ("token_hash", models.BinaryField(unique=True)),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("accepted_at", models.DateTimeField(null=True)),
                ("withdrawn_at", models.DateTimeField(null=True)),
                (
                    "accepted_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "invited_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invitations",
                        to="accounts.organization",
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("role__in", ["owner", "admin", "finance", "member", "viewer"])
                        ),
                        name="accounts_invitation_role",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("accepted_at__isnull", True), ("accepted_by__isnull", True)),
                            models.Q(
                                ("accepted_at__isnull", False), ("accepted_by__isnull", False)
                            ),
                            _connector="OR",
                        ),
                        name="accounts_invitation_accepted",
                    ),
                    models.UniqueConstraint(
                        models.F("organization"),
                        django.db.models.functions.text.Lower("email"),
                        condition=models.Q(
                            ("accepted_at__isnull", True), ("withdrawn_at__isnull", True)
                        ),
                        name="accounts_invitation_one_open",
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Lower("email"), name="accounts_user_email_any_case"
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("organization__isnull", False),
                        ("platform_role__isnull", True),
                        ("role__isnull", False),
                    ),
                    models.Q(
                        ("organization__isnull", True),
                        ("platform_role__isnull", False),
                        ("role__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="accounts_user_one_side",
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("role__isnull", True),
                    ("role__in", ["owner", "admin", "finance", "member", "viewer"]),
                    _connector="OR",
                ),
                name="accounts_user_role",
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("platform_role__isnull", True),
                    ("platform_role__in", ["moderator", "admin", "super_admin"]),
                    _connector="OR",
                ),
                name="accounts_user_platform_role",
            ),
        ),
        migrations.AddIndex(
            model_name="signinsession",
            index=models.Index(
                condition=models.Q(("revoked_at__isnull", True)),
                fields=["user"],
                name="accounts_session_live",
            ),
        ),
        migrations.AddConstraint(
            model_name="signinsession",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("revoked_at__isnull", True), ("revoked_reason__isnull", True)),
                    models.Q(("revoked_at__isnull", False), ("revoked_reason__isnull", False)),
                    _connector="OR",
                ),
                name="accounts_session_revoked",
            ),
        ),
        migrations.AddConstraint(
            model_name="refreshtoken",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("successor__isnull", True), ("used_at__isnull", False), _connector="OR"
                ),
                name="accounts_refreshtoken_successor",
            ),
        ),
    ]
