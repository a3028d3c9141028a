"""What an account showed at an instant, as it was known at another.

By effective time a past balance changes with every entry dated back. Whoever walks the pages of a
trial balance needs one picture: what counted by an instant, of what had been recorded by another.
The function gets the second instant as a fourth argument; without it, all that is recorded counts.
"""

from __future__ import annotations

from importlib import import_module

from django.db import migrations

from kernel.row_security import APPLICATION, AUDITOR

_BEFORE = import_module("ledger.migrations.0006_as_of").BALANCE_AT

# Settings and order of the look-ups are those of the function before: see the migration `as_of`.
BALANCE_AT = """
    DROP FUNCTION ledger_balance_at(uuid, timestamptz, boolean);
    CREATE FUNCTION ledger_balance_at(
        of_account uuid, moment timestamptz, by_effective boolean,
        known timestamptz DEFAULT 'infinity')
    RETURNS bigint
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp
    SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off AS $$
    DECLARE
        account record;
        entry record;
        seen bigint;
        balance bigint;
        open_since timestamptz;
    BEGIN
        -- What was recorded by an instant counts by then: nothing is dated later than recorded.
        IF moment >= known THEN
            moment := known;
            by_effective := false;
        END IF;
        SELECT organization_id, version, posted_minor, last_recorded_at,
               CASE WHEN account_class IN ('ASSET', 'EXPENSE') THEN 'DEBIT' ELSE 'CREDIT' END AS up
        INTO account FROM ledger_ledgeraccount WHERE id = of_account;
        IF NOT FOUND THEN
            RETURN NULL;
        END IF;
        IF account.version = 0 OR account.last_recorded_at <= moment THEN
            RETURN account.posted_minor;
        END IF;
        seen := ledger_version_at(of_account, account.version, moment);
        SELECT balance_after_minor INTO balance FROM ledger_entry
        WHERE account_id = of_account AND version = seen;
        balance := coalesce(balance, 0);
        IF NOT by_effective THEN
            RETURN balance;
        END IF;

        -- Whatever was recorded after a period closed counts after its end: `closed_at` is never
        -- before anything recorded until then.
        SELECT max(ends_at) INTO open_since FROM ledger_period
        WHERE organization_id = account.organization_id AND closed_at <= moment;
        balance := balance + (
            SELECT coalesce(sum(CASE side WHEN account.up THEN amount_minor
                                          ELSE -amount_minor END), 0)
            FROM ledger_entry
            WHERE account_id = of_account AND recorded_at - effective_at > interval '1 second'
              AND effective_at >= coalesce(open_since, '-infinity') AND effective_at <= moment
              AND recorded_at > moment AND recorded_at <= known
        );
        FOR entry IN
            SELECT recorded_at, effective_at, side, amount_minor FROM ledger_entry
            WHERE account_id = of_account AND version > seen ORDER BY version
        LOOP
            EXIT WHEN entry.recorded_at > least(moment + interval '1 second', known);
            IF entry.effective_at <= moment
               AND entry.recorded_at - entry.effective_at <= interval '1 second' THEN
                balance := balance
                    + CASE entry.side WHEN account.up THEN entry.amount_minor
                                      ELSE -entry.amount_minor END;
            END IF;
        END LOOP;
        RETURN balance;
    END $$;
"""
_CALLERS = (
    "GRANT EXECUTE ON FUNCTION ledger_balance_at(uuid, timestamptz, boolean{known})"
    f" TO {APPLICATION}, {AUDITOR};"
)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0008_attacked_promises")]

    operations = [
        migrations.RunSQL(
            BALANCE_AT + _CALLERS.format(known=", timestamptz"),
            "DROP FUNCTION ledger_balance_at(uuid, timestamptz, boolean, timestamptz);"
            + _BEFORE
            + _CALLERS.format(known=""),
        ),
    ]
