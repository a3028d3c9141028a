"""What the database holds about the fee of a hold: fixed, the organization's, and reserved."""

from __future__ import annotations

from importlib import import_module

from django.db import migrations

from kernel.row_security import grants

FEE_ACCOUNT = migrations.RunSQL(
    """
    ALTER TABLE ledger_hold
        ADD CONSTRAINT hold_fee_account FOREIGN KEY (fee_account_id, organization_id, currency_id)
            REFERENCES ledger_ledgeraccount (id, organization_id, currency_id);
    """,
    "ALTER TABLE ledger_hold DROP CONSTRAINT hold_fee_account;",
)

# As before, and the fee is as fixed as the amount.
GUARD = """
    CREATE OR REPLACE FUNCTION ledger_guard_hold() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF TG_OP = 'INSERT' THEN
            IF NEW.state <> 'OPEN' OR NEW.captured_minor <> 0 OR NEW.released_minor <> 0 THEN
                RAISE EXCEPTION 'a hold begins open and whole'
                    USING ERRCODE = 'VC030', CONSTRAINT = 'hold_begins_whole';
            END IF;
            RETURN NEW;
        END IF;
        IF (NEW.id, NEW.organization_id, NEW.account_id, NEW.currency_id, NEW.amount_minor,
            NEW.fee_minor, NEW.fee_account_id, NEW.reference, NEW.placed_at, NEW.expires_at)
           IS DISTINCT FROM
           (OLD.id, OLD.organization_id, OLD.account_id, OLD.currency_id, OLD.amount_minor,
            OLD.fee_minor, OLD.fee_account_id, OLD.reference, OLD.placed_at, OLD.expires_at) THEN
            RAISE EXCEPTION 'what hold % reserves is fixed', OLD.id
                USING ERRCODE = 'VC031', CONSTRAINT = 'hold_identity_fixed';
        END IF;
        IF OLD.state <> 'OPEN' OR NEW.captured_minor < OLD.captured_minor
           OR NEW.released_minor < OLD.released_minor THEN
            RAISE EXCEPTION 'hold % only goes forward, to one final state', OLD.id
                USING ERRCODE = 'VC032', CONSTRAINT = 'hold_goes_forward';
        END IF;
        RETURN NEW;
    END $$;
"""

# As before, by the column that says what a hold keeps now: amount and fee.
APPLY = """
    CREATE OR REPLACE FUNCTION ledger_apply_holds() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
    DECLARE
        accounts bigint;
        touched bigint;
        barred uuid;
    BEGIN
        SELECT n.account_id INTO barred
        FROM new_holds n JOIN ledger_ledgeraccount a ON a.id = n.account_id
        WHERE TG_OP = 'INSERT' AND a.status <> 'ACTIVE' LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'the state of account % does not allow a hold', barred
                USING ERRCODE = 'VC033', CONSTRAINT = 'hold_account_state';
        END IF;
        IF TG_OP = 'INSERT' THEN
            UPDATE ledger_ledgeraccount a SET held_minor = a.held_minor + d.delta
            FROM (SELECT account_id, sum(reserved_minor)::bigint AS delta
                  FROM new_holds GROUP BY account_id) d
            WHERE a.id = d.account_id;
        ELSE
            UPDATE ledger_ledgeraccount a SET held_minor = a.held_minor - d.delta
            FROM (SELECT n.account_id, sum(o.reserved_minor - n.reserved_minor)::bigint AS delta
                  FROM new_holds n JOIN old_holds o ON o.id = n.id GROUP BY n.account_id) d
            WHERE a.id = d.account_id;
        END IF;
        GET DIAGNOSTICS touched = ROW_COUNT;
        SELECT count(DISTINCT account_id) INTO accounts FROM new_holds;
        IF touched <> accounts THEN
            RAISE EXCEPTION 'holds name accounts outside the visible organizations'
                USING ERRCODE = 'VC034', CONSTRAINT = 'hold_visible_accounts';
        END IF;
        RETURN NULL;
    END $$;
"""

FUNCTIONS_BEFORE = (
    import_module("ledger.migrations.0004_promises_of_complete_books")
    .HOLDS.sql.split("CREATE TRIGGER")[0]
    .replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
)


def _grants(fee: str) -> str:
    return grants(
        "ledger_hold",
        "SELECT",
        f"INSERT (id, organization_id, account_id, currency_id, amount_minor, {fee}state,"
        " reference, placed_at, expires_at)",
        "UPDATE (captured_minor, released_minor, state, ended_at)",
    ).sql


# Backwards the fees would stay held on the accounts, reserved by nothing.
NO_FEE_IS_HELD = migrations.RunSQL(
    "SELECT 1;",
    """
    DO $$
    BEGIN
        PERFORM set_config('vaultcraft.scope', 'platform', true);
        IF EXISTS (SELECT FROM ledger_hold WHERE state = 'OPEN' AND fee_minor > 0) THEN
            RAISE EXCEPTION 'open holds reserve a fee: capture or void them first';
        END IF;
        PERFORM set_config('vaultcraft.scope', '', true);
    END $$;
    """,
)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0012_holds_reserve_their_fee")]

    operations = [
        FEE_ACCOUNT,
        migrations.RunSQL(GUARD + APPLY, FUNCTIONS_BEFORE),
        migrations.RunSQL(_grants("fee_minor, fee_account_id, "), _grants("")),
        NO_FEE_IS_HELD,
    ]
