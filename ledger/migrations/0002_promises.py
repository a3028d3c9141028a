"""What the database holds by itself: row security, grants, append-only, and the balance trigger."""

from __future__ import annotations

from django.db import migrations

from kernel.row_security import (
    append_only,
    grants,
    of_tenant,
    tenant_table,
)

COMPOSITE_KEYS = migrations.RunSQL(
    """
    ALTER TABLE ledger_entry
        ADD CONSTRAINT entry_transaction FOREIGN KEY (transaction_id, organization_id)
            REFERENCES ledger_transaction (id, organization_id),
        ADD CONSTRAINT entry_account FOREIGN KEY (account_id, organization_id, currency_id)
            REFERENCES ledger_ledgeraccount (id, organization_id, currency_id);
    """,
    """
    ALTER TABLE ledger_entry DROP CONSTRAINT entry_transaction, DROP CONSTRAINT entry_account;
    """,
)

# Functions that run as the owner name pg_temp last: unnamed it would come first, and a temporary
# table of the caller's could stand in for one of ours.

# The trigger reads its transition table and primary keys only. Rows that row security hides are
# missing from the joins, and every count below is compared, so a hidden row is a refusal.
ENTRIES = migrations.RunSQL(
    """
    CREATE FUNCTION ledger_apply_entries() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    -- Its statements have no parameters, so a session plans them once, for the batch that happens
    -- to come first. Only look-ups by primary key are right for one entry and for a thousand.
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
    DECLARE
        offender uuid;
        broken uuid;
        barred uuid;
        written bigint;
        visible bigint;
        accounts bigint;
        touched bigint;
    BEGIN
        SELECT n.transaction_id INTO offender
        FROM (
            SELECT transaction_id, count(*) AS legs, min(seq) AS lowest, max(seq) AS highest,
                   min(effective_at) AS earliest, max(effective_at) AS latest,
                   min(recorded_at) AS first_recorded, max(recorded_at) AS last_recorded
            FROM new_entries GROUP BY transaction_id
        ) n LEFT JOIN ledger_transaction t ON t.id = n.transaction_id
        WHERE t.id IS NULL OR n.legs <> t.entry_count OR n.lowest <> 1 OR n.highest <> n.legs
           OR n.earliest <> t.effective_at OR n.latest <> t.effective_at
           OR n.first_recorded <> t.recorded_at OR n.last_recorded <> t.recorded_at
        LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'transaction % does not get its entries whole', offender
                USING ERRCODE = 'VC001', CONSTRAINT = 'entries_whole_transaction';
        END IF;

        SELECT transaction_id INTO offender
        FROM new_entries GROUP BY transaction_id, currency_id
        HAVING sum(CASE side WHEN 'DEBIT' THEN amount_minor ELSE -amount_minor END) <> 0
        LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'transaction % does not balance', offender
                USING ERRCODE = 'VC002', CONSTRAINT = 'entries_balanced';
        END IF;

        -- Versions without a gap and exact resulting balances, on accounts that may take them.
        SELECT count(*), count(*) FILTER (WHERE c.first_here),
               max(c.account_id::text) FILTER (
                   WHERE c.version <> c.version_before + 1
                      OR c.balance_after_minor <> c.balance_before + c.change),
               max(c.account_id::text) FILTER (
                   WHERE c.status <> 'ACTIVE' AND (c.status <> 'FROZEN' OR c.change < 0))
        INTO visible, accounts, broken, barred
        FROM (
            SELECT n.account_id, n.version, n.balance_after_minor, a.status,
                   CASE WHEN (n.side = 'DEBIT') = (a.account_class IN ('ASSET', 'EXPENSE'))
                        THEN n.amount_minor ELSE -n.amount_minor END AS change,
                   lag(n.version) OVER chain IS NULL AS first_here,
                   lag(n.version, 1, a.version) OVER chain AS version_before,
                   lag(n.balance_after_minor, 1, a.posted_minor) OVER chain AS balance_before
            FROM new_entries n JOIN ledger_ledgeraccount a ON a.id = n.account_id
            WINDOW chain AS (PARTITION BY n.account_id ORDER BY n.version)
        ) c;
        IF broken IS NOT NULL THEN
            RAISE EXCEPTION 'the entries of account % do not continue it', broken
                USING ERRCODE = 'VC003', CONSTRAINT = 'entries_continue_account';
        END IF;
        IF barred IS NOT NULL THEN
            RAISE EXCEPTION 'the state of account % does not allow this entry', barred
                USING ERRCODE = 'VC004', CONSTRAINT = 'entries_account_state';
        END IF;

        UPDATE ledger_ledgeraccount a
        SET posted_minor = l.balance_after_minor, version = l.version,
            last_recorded_at = greatest(a.last_recorded_at, l.recorded_at)
        FROM (
            SELECT DISTINCT ON (account_id) account_id, version, balance_after_minor, recorded_at
            FROM new_entries ORDER BY account_id, version DESC
        ) l
        WHERE a.id = l.account_id;
        GET DIAGNOSTICS touched = ROW_COUNT;
        SELECT count(*) INTO written FROM new_entries;
        IF visible <> written OR touched <> accounts THEN
            RAISE EXCEPTION 'entries name accounts outside the visible organizations'
                USING ERRCODE = 'VC005', CONSTRAINT = 'entries_visible_accounts';
        END IF;
        RETURN NULL;
    END $$;

    CREATE TRIGGER ledger_entries_apply AFTER INSERT ON ledger_entry
        REFERENCING NEW TABLE AS new_entries
        FOR EACH STATEMENT EXECUTE FUNCTION ledger_apply_entries();
    """,
    """
    DROP TRIGGER ledger_entries_apply ON ledger_entry;
    DROP FUNCTION ledger_apply_entries();
    """,
)

ACCOUNTS = migrations.RunSQL(
    """
    CREATE FUNCTION ledger_guard_account() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF TG_OP = 'INSERT' THEN
            IF NEW.kind = 'CLEARING' THEN
                NEW.ceiling_minor := 0;
            END IF;
            IF NEW.posted_minor <> 0 OR NEW.held_minor <> 0 OR NEW.version <> 0
               OR NEW.status <> 'ACTIVE' THEN
                RAISE EXCEPTION 'an account opens empty and active'
                    USING ERRCODE = 'VC010', CONSTRAINT = 'account_opens_empty';
            END IF;
            RETURN NEW;
        END IF;
        IF (NEW.organization_id, NEW.currency_id, NEW.kind, NEW.account_class, NEW.code)
           IS DISTINCT FROM
           (OLD.organization_id, OLD.currency_id, OLD.kind, OLD.account_class, OLD.code) THEN
            RAISE EXCEPTION 'the identity of account % is fixed', OLD.id
                USING ERRCODE = 'VC011', CONSTRAINT = 'account_identity_fixed';
        END IF;
        IF NEW.status <> OLD.status THEN
            IF NOT (OLD.status, NEW.status) IN (
                ('ACTIVE', 'FROZEN'), ('ACTIVE', 'SUSPENDED'), ('ACTIVE', 'CLOSED'),
                ('FROZEN', 'ACTIVE'), ('FROZEN', 'SUSPENDED'), ('FROZEN', 'CLOSED'),
                ('SUSPENDED', 'ACTIVE'), ('SUSPENDED', 'FROZEN')
            ) THEN
                RAISE EXCEPTION 'account % cannot go from % to %', OLD.id, OLD.status, NEW.status
                    USING ERRCODE = 'VC012', CONSTRAINT = 'account_state_machine';
            END IF;
            IF NEW.status = 'CLOSED' AND (OLD.posted_minor <> 0 OR OLD.held_minor <> 0) THEN
                RAISE EXCEPTION 'account % is not empty', OLD.id
                    USING ERRCODE = 'VC013', CONSTRAINT = 'account_closes_empty';
            END IF;
        END IF;
        RETURN NEW;
    END $$;

    CREATE TRIGGER ledger_account_opened BEFORE INSERT ON ledger_ledgeraccount
        FOR EACH ROW EXECUTE FUNCTION ledger_guard_account();
    -- Not for each new balance: the condition costs nothing, the call of the function does.
    CREATE TRIGGER ledger_account_guard BEFORE UPDATE ON ledger_ledgeraccount
        FOR EACH ROW WHEN (
            (NEW.organization_id, NEW.currency_id, NEW.kind, NEW.account_class, NEW.code, NEW.status)
            IS DISTINCT FROM
            (OLD.organization_id, OLD.currency_id, OLD.kind, OLD.account_class, OLD.code, OLD.status)
        ) EXECUTE FUNCTION ledger_guard_account();
    CREATE TRIGGER ledger_account_kept BEFORE DELETE ON ledger_ledgeraccount
        FOR EACH ROW EXECUTE FUNCTION vaultcraft_refuse_change();
    CREATE TRIGGER ledger_account_no_truncate BEFORE TRUNCATE ON ledger_ledgeraccount
        FOR EACH STATEMENT EXECUTE FUNCTION vaultcraft_refuse_change();
    ALTER TABLE ledger_ledgeraccount SET (fillfactor = 70);
    """,
    """
    DROP TRIGGER ledger_account_no_truncate ON ledger_ledgeraccount;
    DROP TRIGGER ledger_account_kept ON ledger_ledgeraccount;
    DROP TRIGGER ledger_account_guard ON ledger_ledgeraccount;
    DROP TRIGGER ledger_account_opened ON ledger_ledgeraccount;
    DROP FUNCTION ledger_guard_account();
    ALTER TABLE ledger_ledgeraccount RESET (fillfactor);
    """,
)

CAPS = migrations.RunSQL(
    """
    CREATE FUNCTION ledger_apply_clearing_cap() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE
        other bigint;
    BEGIN
        SELECT cap_minor INTO other FROM ledger_clearingcap
        WHERE organization_id = NEW.counterparty_id AND counterparty_id = NEW.organization_id
          AND currency_id = NEW.currency_id;
        UPDATE ledger_ledgeraccount SET ceiling_minor = least(NEW.cap_minor, coalesce(other, 0))
        WHERE kind = 'CLEARING' AND currency_id = NEW.currency_id
          AND ((organization_id = NEW.organization_id AND counterparty_id = NEW.counterparty_id)
            OR (organization_id = NEW.counterparty_id AND counterparty_id = NEW.organization_id));
        RETURN NULL;
    END $$;

    CREATE FUNCTION ledger_guard_clearing_cap() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF (NEW.organization_id, NEW.counterparty_id, NEW.currency_id)
           IS DISTINCT FROM (OLD.organization_id, OLD.counterparty_id, OLD.currency_id) THEN
            RAISE EXCEPTION 'the two sides of a clearing cap are fixed'
                USING ERRCODE = 'VC014', CONSTRAINT = 'clearing_cap_sides_fixed';
        END IF;
        RETURN NEW;
    END $$;

    CREATE TRIGGER ledger_clearing_cap_guard BEFORE UPDATE ON ledger_clearingcap
        FOR EACH ROW EXECUTE FUNCTION ledger_guard_clearing_cap();
    CREATE TRIGGER ledger_clearing_cap_apply AFTER INSERT OR UPDATE ON ledger_clearingcap
        FOR EACH ROW EXECUTE FUNCTION ledger_apply_clearing_cap();
    """,
    """
    DROP TRIGGER ledger_clearing_cap_apply ON ledger_clearingcap;
    DROP TRIGGER ledger_clearing_cap_guard ON ledger_clearingcap;
    DROP FUNCTION ledger_guard_clearing_cap();
    DROP FUNCTION ledger_apply_clearing_cap();
    """,
)

CURRENCIES = migrations.RunSQL(
    """
    CREATE TRIGGER ledger_currency_fixed BEFORE UPDATE OF code, exponent ON ledger_currency
        FOR EACH ROW EXECUTE FUNCTION vaultcraft_refuse_change();
    INSERT INTO ledger_currency (code, name, exponent) VALUES
        ('AED', 'UAE dirham', 2), ('EUR', 'Euro', 2), ('GBP', 'Pound sterling', 2),
        ('INR', 'Indian rupee', 2), ('JPY', 'Japanese yen', 0), ('KWD', 'Kuwaiti dinar', 3),
        ('SGD', 'Singapore dollar', 2), ('USD', 'US dollar', 2);
    """,
    """
    DELETE FROM ledger_currency;
    DROP TRIGGER ledger_currency_fixed ON ledger_currency;
    """,
)

ACCOUNT_INSERT = (
    "INSERT (id, organization_id, kind, account_class, currency_id, code, name, counterparty_id,"
    " status, floor_minor, created_at)"
)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial"), ("audit", "0002_promises")]

    operations = [
        COMPOSITE_KEYS,
        ENTRIES,
        ACCOUNTS,
        CAPS,
        CURRENCIES,
        tenant_table("ledger_ledgeraccount", visible=of_tenant("organization_id")),
        tenant_table("ledger_transaction", visible=of_tenant("organization_id")),
        tenant_table("ledger_entry", visible=of_tenant("organization_id")),
        tenant_table(
            "ledger_clearingcap",
            visible=of_tenant("organization_id", "counterparty_id"),
            writable=of_tenant("organization_id"),
        ),
        grants("ledger_currency", "SELECT"),
        grants(
            "ledger_ledgeraccount", "SELECT", ACCOUNT_INSERT, "UPDATE (status, stopped_by_platform)"
        ),
        grants("ledger_clearingcap", "SELECT", "INSERT", "UPDATE (cap_minor, set_at)"),
        append_only("ledger_transaction"),
        append_only("ledger_entry"),
    ]
