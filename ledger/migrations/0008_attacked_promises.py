"""What the attack suite (tests/attacks) got through before: each rule here refuses one such attack."""

from __future__ import annotations

from django.db import migrations

# An entry recorded in the future would drag every later entry of its accounts, and of whoever deals
# with them, to that time; one recorded in the past would change what the books showed then. A clock
# may be set back a little between the locks and this look; an account may be ahead of the clock.
RECORDED_NOW = migrations.RunSQL(
    """
    CREATE FUNCTION ledger_check_recorded() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
    DECLARE
        earliest timestamptz;
        latest timestamptz;
    BEGIN
        SELECT min(recorded_at), max(recorded_at) INTO earliest, latest FROM new_entries;
        IF earliest < transaction_timestamp() - interval '1 minute'
           OR latest > clock_timestamp() + interval '1 minute' AND NOT EXISTS (
               SELECT FROM new_entries n JOIN ledger_ledgeraccount a ON a.id = n.account_id
               WHERE a.last_recorded_at >= latest)
        THEN
            RAISE EXCEPTION 'entries are recorded when they are written, not at %', latest
                USING ERRCODE = 'VC009', CONSTRAINT = 'entries_recorded_now';
        END IF;
        RETURN NULL;
    END $$;
    -- By its name it comes before `ledger_entries_apply`, which moves the accounts' last time on.
    CREATE TRIGGER ledger_entries_a_recorded AFTER INSERT ON ledger_entry
        REFERENCING NEW TABLE AS new_entries
        FOR EACH STATEMENT EXECUTE FUNCTION ledger_check_recorded();
    """,
    """
    DROP TRIGGER ledger_entries_a_recorded ON ledger_entry;
    DROP FUNCTION ledger_check_recorded();
    """,
)

# Python, JSON and spreadsheets read years 1 to 9999; one other time would break every list it is in.
TIMES = migrations.RunSQL(
    """
    ALTER TABLE ledger_transaction ADD CONSTRAINT transaction_times_readable
        CHECK (effective_at >= '1900-01-01 00:00+00' AND recorded_at < '9999-01-01 00:00+00');
    ALTER TABLE ledger_hold ADD CONSTRAINT hold_times_readable
        CHECK (placed_at >= '1900-01-01 00:00+00' AND expires_at < '9999-01-01 00:00+00');
    ALTER TABLE ledger_period ADD CONSTRAINT period_times_readable
        CHECK (ends_at >= '1900-01-01 00:00+00' AND ends_at < '9999-01-01 00:00+00'
               AND opened_at < '9999-01-01 00:00+00' AND closed_at < '9999-01-01 00:00+00');
    """,
    """
    ALTER TABLE ledger_period DROP CONSTRAINT period_times_readable;
    ALTER TABLE ledger_hold DROP CONSTRAINT hold_times_readable;
    ALTER TABLE ledger_transaction DROP CONSTRAINT transaction_times_readable;
    """,
)

# Closing looks at the balance, but a posting that did not lock the account can arrive after it.
CLOSED_ACCOUNTS = migrations.RunSQL(
    """
    ALTER TABLE ledger_ledgeraccount ADD CONSTRAINT account_closed_empty
        CHECK (status <> 'CLOSED' OR (posted_minor = 0 AND held_minor = 0));
    """,
    "ALTER TABLE ledger_ledgeraccount DROP CONSTRAINT account_closed_empty;",
)

# A foreign key is asked at the end of a statement, so two new rows could name each other.
HEADINGS = migrations.RunSQL(
    """
    CREATE FUNCTION ledger_guard_account_group() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF NOT EXISTS (SELECT FROM ledger_accountgroup g WHERE g.id = NEW.parent_id
                       AND g.organization_id = NEW.organization_id) THEN
            RAISE EXCEPTION 'heading % is written before the one above it', NEW.code
                USING ERRCODE = 'VC019', CONSTRAINT = 'account_group_parent_first';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER ledger_account_group_guard BEFORE INSERT ON ledger_accountgroup
        FOR EACH ROW WHEN (NEW.parent_id IS NOT NULL)
        EXECUTE FUNCTION ledger_guard_account_group();
    """,
    """
    DROP TRIGGER ledger_account_group_guard ON ledger_accountgroup;
    DROP FUNCTION ledger_guard_account_group();
    """,
)

# Books closed up to a time to come would take no posting until then, and never open again. The
# program's clock and calendar may be ahead of the database's, by a zone and a little more.
PERIODS_ARE_OVER = migrations.RunSQL(
    """
    CREATE FUNCTION ledger_guard_period_end() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF NEW.ends_at > clock_timestamp() + interval '2 days' THEN
            RAISE EXCEPTION 'period % is not over', NEW.id
                USING ERRCODE = 'VC040', CONSTRAINT = 'period_is_over';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER ledger_period_end BEFORE UPDATE ON ledger_period
        FOR EACH ROW WHEN (NEW.state = 'CLOSED') EXECUTE FUNCTION ledger_guard_period_end();
    """,
    """
    DROP TRIGGER ledger_period_end ON ledger_period;
    DROP FUNCTION ledger_guard_period_end();
    """,
)

# Without this an organization could put its own row in the place of another's: the one for that
# other's period and account, which are unique together.
PERIOD_BALANCES = migrations.RunSQL(
    """
    ALTER TABLE ledger_periodbalance ADD CONSTRAINT period_balance_adds_up
        CHECK (abs(closing_minor - opening_minor) = abs(debit_minor - credit_minor));

    CREATE FUNCTION ledger_check_period_balances() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF EXISTS (
            SELECT FROM new_balances n
            LEFT JOIN ledger_period p
                ON p.id = n.period_id AND p.organization_id = n.organization_id
            LEFT JOIN ledger_ledgeraccount a
                ON a.id = n.account_id AND a.organization_id = n.organization_id
            WHERE p.id IS NULL OR a.id IS NULL
        ) THEN
            RAISE EXCEPTION 'a closed balance is of one organization''s own period and account'
                USING ERRCODE = 'VC041', CONSTRAINT = 'period_balance_of_books';
        END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER ledger_period_balances_kept AFTER INSERT ON ledger_periodbalance
        REFERENCING NEW TABLE AS new_balances
        FOR EACH STATEMENT EXECUTE FUNCTION ledger_check_period_balances();
    """,
    """
    DROP TRIGGER ledger_period_balances_kept ON ledger_periodbalance;
    DROP FUNCTION ledger_check_period_balances();
    ALTER TABLE ledger_periodbalance DROP CONSTRAINT period_balance_adds_up;
    """,
)

# Everything but `id`: a number chosen ahead of the counter would break the posting that reaches it.
ENTRY_NUMBERS = migrations.RunSQL(
    """
    REVOKE INSERT ON ledger_entry FROM vaultcraft_app;
    GRANT INSERT (transaction_id, organization_id, seq, account_id, side, amount_minor, currency_id,
                  balance_after_minor, version, effective_at, recorded_at, reverses_id)
        ON ledger_entry TO vaultcraft_app;
    """,
    """
    REVOKE INSERT ON ledger_entry FROM vaultcraft_app;
    GRANT INSERT ON ledger_entry TO vaultcraft_app;
    """,
)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0007_chart_of_accounts")]

    operations = [
        RECORDED_NOW,
        TIMES,
        CLOSED_ACCOUNTS,
        HEADINGS,
        PERIODS_ARE_OVER,
        PERIOD_BALANCES,
        ENTRY_NUMBERS,
    ]
