"""Links in mails, requests for mail, counts of passwords tried, and whose address is confirmed."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import kernel.ids
from kernel.row_security import APPLICATION, grants, identity_table

# Whoever signs in already has been dealing with their mailbox: nobody is shut out by an upgrade.
CONFIRMED = migrations.RunSQL(
    """
    SELECT set_config('vaultcraft.scope', 'platform', true);
    UPDATE accounts_user SET email_confirmed_at = created_at;
    SELECT set_config('vaultcraft.scope', '', true);
    -- Foreign keys checked at the end of the transaction would bar the statements that follow.
    SET CONSTRAINTS ALL IMMEDIATE;
    """,
    migrations.RunSQL.noop,
)
ONE_WAY = migrations.RunSQL(
    """
    CREATE TRIGGER accounts_user_confirmed_for_good BEFORE UPDATE ON accounts_user FOR EACH ROW
        WHEN (OLD.email_confirmed_at IS NOT NULL
              AND NEW.email_confirmed_at IS DISTINCT FROM OLD.email_confirmed_at)
        EXECUTE FUNCTION accounts_refuse();
    CREATE TRIGGER accounts_mailedlink_one_way BEFORE UPDATE ON accounts_mailedlink FOR EACH ROW
        WHEN (
            (OLD.used_at IS NOT NULL AND NEW.used_at IS DISTINCT FROM OLD.used_at)
            OR (OLD.withdrawn_at IS NOT NULL
                AND NEW.withdrawn_at IS DISTINCT FROM OLD.withdrawn_at)
        ) EXECUTE FUNCTION accounts_refuse();
    """,
    """
    DROP TRIGGER accounts_mailedlink_one_way ON accounts_mailedlink;
    DROP TRIGGER accounts_user_confirmed_for_good ON accounts_user;
    """,
)
# What is meant for a person belongs to the person's own organization, or to none where that has none.
OF_ITS_PERSON = migrations.RunSQL(
    """
    CREATE FUNCTION accounts_guard_addressee() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF NEW.user_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM accounts_user u WHERE u.id = NEW.user_id
            AND u.organization_id IS NOT DISTINCT FROM NEW.organization_id
        ) THEN
            RAISE EXCEPTION '% % is not in the organization of its person', TG_TABLE_NAME, NEW.id
                USING ERRCODE = 'VC064', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER accounts_mailedlink_of_its_person BEFORE INSERT ON accounts_mailedlink
        FOR EACH ROW EXECUTE FUNCTION accounts_guard_addressee();
    CREATE TRIGGER accounts_pendingmail_of_its_person BEFORE INSERT ON accounts_pendingmail
        FOR EACH ROW EXECUTE FUNCTION accounts_guard_addressee();
    """,
    """
    DROP TRIGGER accounts_pendingmail_of_its_person ON accounts_pendingmail;
    DROP TRIGGER accounts_mailedlink_of_its_person ON accounts_mailedlink;
    DROP FUNCTION accounts_guard_addressee();
    """,
)
HASHES = {
    "accounts_mailedlink": ("accounts_mailedlink_hash", "token_hash"),
    "accounts_passwordattempts": ("accounts_attempts_hash", "subject_hash"),
    "accounts_mailrequest": ("accounts_mailrequest_hash", "address_hash"),
    "accounts_invitation": ("accounts_invitation_mailed_hash", "mailed_token_hash"),
}


def hashed(table: str, name: str, column: str) -> migrations.RunSQL:
    """What stands there is a hash and nothing else."""
    return migrations.RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK (octet_length({column}) = 32);",
        f"ALTER TABLE {table} DROP CONSTRAINT {name};",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0007_pending_mail"),
    ]

    operations = [
        migrations.AddField(
            model_name="invitation",
            name="mailed_token_hash",
            field=models.BinaryField(
                help_text="Null: from before invitations were mailed.", null=True, unique=True
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="email_confirmed_at",
            field=models.DateTimeField(
                help_text="When the person showed that the mailbox is theirs.", null=True
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
                ],
                max_length=32,
                null=True,
            ),
        ),
        migrations.CreateModel(
            name="MailedLink",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("purpose", models.CharField(max_length=32)),
                (
                    "token_hash",
                    models.BinaryField(help_text="SHA-256 of the 256-bit token.", unique=True),
                ),
                ("issued_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
                ("withdrawn_at", models.DateTimeField(null=True)),
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
                        condition=models.Q(
                            ("used_at__isnull", True), ("withdrawn_at__isnull", True)
                        ),
                        fields=("user", "purpose"),
                        name="accounts_mailedlink_one_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("used_at__isnull", True),
                            ("withdrawn_at__isnull", True),
                            _connector="OR",
                        ),
                        name="accounts_mailedlink_one_end",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("expires_at__gt", models.F("issued_at"))),
                        name="accounts_mailedlink_lifetime",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="MailRequest",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("kind", models.CharField(max_length=40)),
                ("address_hash", models.BinaryField(help_text="Keyed hash of the address.")),
                (
                    "address",
                    models.EmailField(help_text="Null once answered.", max_length=254, null=True),
                ),
                ("ip", models.GenericIPAddressField(null=True)),
                ("asked_at", models.DateTimeField()),
                ("answered_at", models.DateTimeField(null=True)),
                (
                    "organization",
                    models.ForeignKey(
                        help_text="Always null: nobody asks whose address it is.",
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
                    models.Index(
                        condition=models.Q(("answered_at__isnull", True)),
                        fields=["asked_at"],
                        name="accounts_mailrequest_open",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("kind", "address_hash"), name="accounts_mailrequest_one"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("organization__isnull", True)),
                        name="accounts_mailrequest_of_nobody",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("address__isnull", False), ("answered_at__isnull", True)),
                            models.Q(
                                ("address__isnull", True),
                                ("answered_at__isnull", False),
                                ("ip__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="accounts_mailrequest_answered",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PasswordAttempts",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "subject_hash",
                    models.BinaryField(help_text="Keyed hash of address or network.", unique=True),
                ),
                ("failures", models.PositiveIntegerField()),
                ("since", models.DateTimeField(help_text="The first of these.")),
                ("last_at", models.DateTimeField(help_text="The last one counted.")),
                ("locked_until", models.DateTimeField(null=True)),
                (
                    "organization",
                    models.ForeignKey(
                        help_text="Always null: nobody asks whose address it is.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "password attempts",
                "ordering": ("-id",),
                "indexes": [models.Index(fields=["last_at"], name="accounts_attempts_last_at")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("organization__isnull", True)),
                        name="accounts_attempts_of_nobody",
                    )
                ],
            },
        ),
        CONFIRMED,
        ONE_WAY,
        OF_ITS_PERSON,
        *(hashed(table, name, column) for table, (name, column) in HASHES.items()),
        identity_table("accounts_mailedlink"),
        identity_table("accounts_mailrequest"),
        identity_table("accounts_passwordattempts"),
        grants("accounts_mailedlink", "SELECT", "INSERT", "UPDATE (used_at, withdrawn_at)"),
        # Deleted once they are old: what people typed who may have no business here.
        grants(
            "accounts_mailrequest",
            "SELECT",
            "INSERT",
            "UPDATE (address, ip, asked_at, answered_at)",
            "DELETE",
        ),
        grants(
            "accounts_passwordattempts",
            "SELECT",
            "INSERT",
            "UPDATE (failures, since, last_at, locked_until)",
            "DELETE",
        ),
        migrations.RunSQL(
            f"GRANT UPDATE (email_confirmed_at) ON accounts_user TO {APPLICATION};",
            f"REVOKE UPDATE (email_confirmed_at) ON accounts_user FROM {APPLICATION};",
        ),
    ]
