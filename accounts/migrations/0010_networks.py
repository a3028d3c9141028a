"""Networks on which people were seen, and the countries from which money may move."""

from __future__ import annotations

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

import kernel.ids
from kernel.row_security import grants, identity_table, of_tenant, tenant_table

# What was confirmed stays so until it is revoked, and what was revoked is over: for the owner of the
# table too. Whose it is, where, and since when is fixed by the grants.
PROMISES = migrations.RunSQL(
    """
    ALTER TABLE accounts_network
        ADD CONSTRAINT accounts_network_link_hash CHECK (octet_length(link_hash) = 32),
        ADD CONSTRAINT accounts_network_prefix CHECK (
            masklen(prefix::cidr) = CASE family(prefix::cidr) WHEN 4 THEN 32 ELSE 64 END),
        ADD CONSTRAINT accounts_network_opens_later CHECK (opens_at >= first_seen_at);
    ALTER TABLE accounts_countrypolicy ADD CONSTRAINT accounts_countrypolicy_countries
        CHECK (array_to_string(countries, ',', '?') ~ '^([A-Z]{2}(,[A-Z]{2})*)?$');
    CREATE TRIGGER accounts_network_one_way BEFORE UPDATE ON accounts_network FOR EACH ROW
        WHEN (OLD.revoked_at IS NOT NULL OR (
            OLD.confirmed_at IS NOT NULL AND NEW.confirmed_at IS DISTINCT FROM OLD.confirmed_at
        )) EXECUTE FUNCTION accounts_refuse();
    CREATE TRIGGER accounts_network_guard BEFORE INSERT OR UPDATE OF user_id, organization_id
        ON accounts_network FOR EACH ROW EXECUTE FUNCTION accounts_guard_person();
    """,
    """
    DROP TRIGGER accounts_network_guard ON accounts_network;
    DROP TRIGGER accounts_network_one_way ON accounts_network;
    ALTER TABLE accounts_countrypolicy DROP CONSTRAINT accounts_countrypolicy_countries;
    ALTER TABLE accounts_network
        DROP CONSTRAINT accounts_network_opens_later,
        DROP CONSTRAINT accounts_network_prefix,
        DROP CONSTRAINT accounts_network_link_hash;
    """,
)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0009_devices")]

    operations = [
        migrations.CreateModel(
            name="Network",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "prefix",
                    models.CharField(help_text="203.0.113.7/32 or 2001:db8::/64.", max_length=43),
                ),
                ("first_seen_at", models.DateTimeField()),
                (
                    "opens_at",
                    models.DateTimeField(help_text="Null: only the link opens it.", null=True),
                ),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("revoked_at", models.DateTimeField(null=True)),
                (
                    "link_hash",
                    models.BinaryField(
                        help_text="SHA-256 of the link's token.", null=True, unique=True
                    ),
                ),
                ("link_sent_at", models.DateTimeField(null=True)),
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
                        related_name="networks",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"ordering": ("-id",)},
        ),
        migrations.CreateModel(
            name="CountryPolicy",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "countries",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=2),
                        help_text="ISO 3166-1 alpha-2.",
                        size=None,
                    ),
                ),
                ("set_at", models.DateTimeField()),
                (
                    "organization",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="country_policy",
                        to="accounts.organization",
                    ),
                ),
            ],
            options={"ordering": ("-id",)},
        ),
        migrations.AddIndex(
            model_name="network",
            index=models.Index(fields=["user", "prefix"], name="accounts_network_seen"),
        ),
        migrations.AddConstraint(
            model_name="network",
            constraint=models.UniqueConstraint(
                condition=Q(revoked_at__isnull=True),
                fields=("user", "prefix"),
                name="accounts_network_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="network",
            constraint=models.CheckConstraint(
                condition=Q(
                    ("link_hash__isnull", True), ("link_sent_at__isnull", False), _connector="OR"
                ),
                name="accounts_network_link",
            ),
        ),
        migrations.AddConstraint(
            model_name="network",
            constraint=models.CheckConstraint(
                condition=Q(
                    ("link_hash__isnull", True),
                    Q(("confirmed_at__isnull", True), ("revoked_at__isnull", True)),
                    _connector="OR",
                ),
                name="accounts_network_link_open",
            ),
        ),
        PROMISES,
        identity_table("accounts_network"),
        tenant_table("accounts_countrypolicy", visible=of_tenant("organization_id")),
        grants(
            "accounts_network",
            "SELECT",
            "INSERT",
            "UPDATE (confirmed_at, revoked_at, link_hash, link_sent_at)",
        ),
        grants("accounts_countrypolicy", "SELECT", "INSERT", "UPDATE (countries, set_at)"),
    ]
