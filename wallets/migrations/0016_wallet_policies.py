"""How many wallets holders may have, and who opens them."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from kernel.row_security import grants, of_tenant, tenant_table

# A wallet more than the first needs the policy's leave, whoever inserts it.
GUARD = migrations.RunSQL(
    """
    CREATE FUNCTION wallets_guard_number() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF NEW.number < 1 OR NEW.number > coalesce(
            (SELECT p.per_kind FROM wallets_walletpolicy p
             WHERE p.organization_id = NEW.organization_id), 1) THEN
            RAISE EXCEPTION 'the policy has no room for wallet %', NEW.id
                USING ERRCODE = 'VC062', CONSTRAINT = 'wallet_within_policy';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER wallet_within_policy BEFORE INSERT ON wallets_wallet
        FOR EACH ROW EXECUTE FUNCTION wallets_guard_number();
    """,
    """
    DROP TRIGGER wallet_within_policy ON wallets_wallet;
    DROP FUNCTION wallets_guard_number();
    """,
)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0017_promises_of_pending_acts"),
        ("ledger", "0016_rules_a_review_missed"),
        ("wallets", "0015_promises_of_thresholds"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="WalletPolicy",
            fields=[
                (
                    "organization",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="accounts.organization",
                    ),
                ),
                (
                    "per_kind",
                    models.PositiveSmallIntegerField(
                        default=1, help_text="Of each kind and currency, for each holder."
                    ),
                ),
                (
                    "members_open",
                    models.BooleanField(
                        default=True,
                        help_text="Whether members open their own; officers always may.",
                    ),
                ),
                ("set_at", models.DateTimeField()),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="wallet",
            name="wallet_one_of_each",
        ),
        migrations.AddField(
            model_name="wallet",
            name="number",
            field=models.PositiveSmallIntegerField(
                db_default=1, default=1, help_text="Among the holder's of this kind and currency."
            ),
        ),
        migrations.AddConstraint(
            model_name="wallet",
            constraint=models.UniqueConstraint(
                fields=("organization", "owner", "kind", "currency", "number"),
                name="wallet_one_of_each",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="walletpolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(("per_kind__range", (1, 20))), name="wallet_policy_per_kind"
            ),
        ),
        tenant_table("wallets_walletpolicy", visible=of_tenant("organization_id")),
        grants(
            "wallets_walletpolicy", "SELECT", "INSERT", "UPDATE (per_kind, members_open, set_at)"
        ),
        GUARD,
    ]
