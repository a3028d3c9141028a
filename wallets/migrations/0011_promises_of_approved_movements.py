"""The directory tells when a movement needs an approval; a movement's approval is its own."""

from __future__ import annotations

from importlib import import_module

from django.db import migrations

_BEFORE = import_module("wallets.migrations.0004_promises_of_holds_and_terms").DIRECTORY

# Read with the wallets, so that a movement that needs no approval costs no statement more.
DIRECTORY = _BEFORE.replace(
    "organization_timezone text\n",
    "organization_timezone text, base_currency text, approval_over_minor bigint\n",
).replace("o.timezone::text\n", "o.timezone::text, o.base_currency::text, o.approval_over_minor\n")

# Dynamic linking once more, where no code can forget it: what is told as approved was approved by
# the person who asked, for this payer, payee, amount and currency, and the approval is spent on it.
APPROVED = migrations.RunSQL(
    """
    CREATE FUNCTION wallets_check_approval() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF NOT EXISTS (
            SELECT FROM accounts_approval a
            WHERE a.id = NEW.approval_id AND a.method = NEW.approval_method
              AND a.user_id = NEW.actor_id AND a.consumed_by IS NOT NULL
              AND (a.kind = 'batch' OR (a.source_wallet_id = NEW.source_id
                   AND a.destination_wallet_id IS NOT DISTINCT FROM NEW.destination_id
                   AND a.currency = NEW.currency_id))
        ) THEN
            RAISE EXCEPTION '% is not what approval % approves', TG_TABLE_NAME, NEW.approval_id
                USING ERRCODE = 'VC070', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
        END IF;
        RETURN NULL;
    END $$;
    CREATE FUNCTION wallets_check_approved_amount() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF NOT EXISTS (
            SELECT FROM accounts_approval a
            WHERE a.id = NEW.approval_id AND (a.kind = 'batch' OR
                  (a.amount_minor = NEW.amount_minor AND a.consumed_by = NEW.reference))
        ) THEN
            RAISE EXCEPTION 'approval % is for another amount, or spent', NEW.approval_id
                USING ERRCODE = 'VC070', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
        END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER transfer_approval AFTER INSERT ON wallets_transfer FOR EACH ROW
        WHEN (NEW.approval_id IS NOT NULL) EXECUTE FUNCTION wallets_check_approval();
    CREATE TRIGGER transfer_approved_amount AFTER INSERT ON wallets_transfer FOR EACH ROW
        WHEN (NEW.approval_id IS NOT NULL) EXECUTE FUNCTION wallets_check_approved_amount();
    CREATE TRIGGER wallet_hold_approval AFTER INSERT ON wallets_wallethold FOR EACH ROW
        WHEN (NEW.approval_id IS NOT NULL) EXECUTE FUNCTION wallets_check_approval();
    """,
    """
    DROP TRIGGER wallet_hold_approval ON wallets_wallethold;
    DROP TRIGGER transfer_approved_amount ON wallets_transfer;
    DROP TRIGGER transfer_approval ON wallets_transfer;
    DROP FUNCTION wallets_check_approved_amount();
    DROP FUNCTION wallets_check_approval();
    """,
)


class Migration(migrations.Migration):
    dependencies = [
        ("wallets", "0010_approved_movements"),
        ("accounts", "0014_promises_of_approvals"),
    ]

    operations = [migrations.RunSQL(DIRECTORY, _BEFORE), APPROVED]
