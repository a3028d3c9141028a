"""Account numbers: one for each wallet, for ever, found by a blind index."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import kernel.ids
from kernel.row_security import APPLICATION, SCOPE, grants, of_tenant, tenant_table

OURS = of_tenant("organization_id")
IN_DIRECTORY = f"({SCOPE} = 'directory' AND current_user = 'vaultcraft_owner')"

PROMISES = migrations.RunSQL(
    """
    ALTER TABLE wallets_accountnumber
        ADD CONSTRAINT account_number_hash CHECK (octet_length(blind_index) = 32),
        ADD CONSTRAINT account_number_last_digits CHECK (last_digits ~ '^[0-9]{4}$'),
        ADD CONSTRAINT account_number_of_wallet FOREIGN KEY (wallet_id, organization_id)
            REFERENCES wallets_wallet (id, organization_id);
    """,
    """
    ALTER TABLE wallets_accountnumber
        DROP CONSTRAINT account_number_of_wallet,
        DROP CONSTRAINT account_number_last_digits,
        DROP CONSTRAINT account_number_hash;
    """,
)
# Beside the directory of handles: whoever has exactly the number may know the handle.
LOOK_UP = migrations.RunSQL(
    f"""
    CREATE FUNCTION wallet_handle_of_number(wanted bytea) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE
        scope_before text := coalesce(current_setting('vaultcraft.scope', true), '');
        found text;
    BEGIN
        PERFORM set_config('vaultcraft.scope', 'directory', true);
        SELECT w.handle INTO found FROM wallets_accountnumber n
            JOIN wallets_wallet w ON w.id = n.wallet_id WHERE n.blind_index = wanted;
        PERFORM set_config('vaultcraft.scope', scope_before, true);
        RETURN found;
    END $$;
    REVOKE ALL ON FUNCTION wallet_handle_of_number(bytea) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION wallet_handle_of_number(bytea) TO {APPLICATION};
    """,  # noqa: S608 - a role's name only
    "DROP FUNCTION wallet_handle_of_number(bytea);",
)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_phones"),
        ("wallets", "0008_withdrawn_limits"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AccountNumber",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("sealed", models.BinaryField()),
                ("blind_index", models.BinaryField(unique=True)),
                ("last_digits", models.CharField(max_length=4)),
                ("created_at", models.DateTimeField()),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        help_text="The wallet's holder, under whose key it is sealed; null: the organization.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "wallet",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="account_number",
                        to="wallets.wallet",
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
            },
        ),
        PROMISES,
        tenant_table("wallets_accountnumber", visible=f"({OURS} OR {IN_DIRECTORY})", writable=OURS),
        LOOK_UP,
        grants("wallets_accountnumber", "SELECT", "INSERT", "UPDATE (sealed)"),
    ]
