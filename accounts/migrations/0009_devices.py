"""Devices, and the sessions that were opened on them."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import kernel.ids
from kernel.row_security import grants, identity_table

# A revoked device is nobody's: nothing about it changes any more, for the owner of the table too.
FINAL = migrations.RunSQL(
    """
    CREATE TRIGGER accounts_device_revoked_is_final BEFORE UPDATE ON accounts_device
        FOR EACH ROW WHEN (OLD.revoked_at IS NOT NULL) EXECUTE FUNCTION accounts_refuse();
    """,
    "DROP TRIGGER accounts_device_revoked_is_final ON accounts_device;",
)
CHECKS = migrations.RunSQL(
    """
    ALTER TABLE accounts_device ADD CONSTRAINT accounts_device_hash
        CHECK (octet_length(token_hash) = 32);
    """,
    "ALTER TABLE accounts_device DROP CONSTRAINT accounts_device_hash;",
)
# A copied organization decides who sees the row, so it must be the person's own. A foreign key over
# both columns would let a NULL pass, which is what staff have.
OF_ITS_PERSON = migrations.RunSQL(
    """
    CREATE FUNCTION accounts_guard_person() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF NOT EXISTS (SELECT FROM accounts_user u WHERE u.id = NEW.user_id
                       AND u.organization_id IS NOT DISTINCT FROM NEW.organization_id) THEN
            RAISE EXCEPTION '% % is not in the organization of its person', TG_TABLE_NAME, NEW.id
                USING ERRCODE = 'VC063', CONSTRAINT = TG_TABLE_NAME || '_of_its_person';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER accounts_device_guard BEFORE INSERT OR UPDATE OF user_id, organization_id
        ON accounts_device FOR EACH ROW EXECUTE FUNCTION accounts_guard_person();
    """,
    """
    DROP TRIGGER accounts_device_guard ON accounts_device;
    DROP FUNCTION accounts_guard_person();
    """,
)
# A session is opened on a device of its own person, whatever the code says.
SAME_PERSON = migrations.RunSQL(
    """
    ALTER TABLE accounts_device ADD CONSTRAINT accounts_device_of_user UNIQUE (id, user_id);
    ALTER TABLE accounts_signinsession ADD CONSTRAINT accounts_session_device_of_user
        FOREIGN KEY (device_id, user_id) REFERENCES accounts_device (id, user_id);
    """,
    """
    ALTER TABLE accounts_signinsession DROP CONSTRAINT accounts_session_device_of_user;
    ALTER TABLE accounts_device DROP CONSTRAINT accounts_device_of_user;
    """,
)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0008_links_and_attempts"),
    ]

    operations = [
        migrations.CreateModel(
            name="Device",
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
                (
                    "label",
                    models.CharField(help_text="What its person calls it.", max_length=80),
                ),
                (
                    "ip",
                    models.GenericIPAddressField(help_text="Where it was seen last.", null=True),
                ),
                ("first_seen_at", models.DateTimeField()),
                (
                    "last_seen_at",
                    models.DateTimeField(help_text="When somebody last signed in on it."),
                ),
                (
                    "trusted_at",
                    models.DateTimeField(help_text="Since when its person trusts it.", null=True),
                ),
                ("revoked_at", models.DateTimeField(null=True)),
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
                        related_name="devices",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"ordering": ("-id",)},
        ),
        migrations.AddIndex(
            model_name="device",
            index=models.Index(
                condition=models.Q(("revoked_at__isnull", True)),
                fields=["user", "last_seen_at"],
                name="accounts_device_live",
            ),
        ),
        migrations.AddField(
            model_name="signinsession",
            name="device",
            field=models.ForeignKey(
                help_text="Of the same person: the database checks it.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="sessions",
                to="accounts.device",
            ),
        ),
        migrations.AddField(
            model_name="signinsession",
            name="device_bound",
            field=models.BooleanField(
                default=False, help_text="Whether a refresh must show the device's token too."
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
                ],
                max_length=32,
                null=True,
            ),
        ),
        migrations.AddConstraint(
            model_name="signinsession",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("device_bound", False), ("device__isnull", False), _connector="OR"
                ),
                name="accounts_session_bound",
            ),
        ),
        CHECKS,
        FINAL,
        SAME_PERSON,
        OF_ITS_PERSON,
        identity_table("accounts_device"),
        grants(
            "accounts_device",
            "SELECT",
            "INSERT",
            "UPDATE (label, ip, last_seen_at, trusted_at, revoked_at)",
        ),
    ]
