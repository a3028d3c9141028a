"""What the database holds about holds, reversals, periods and the chart of accounts."""

from __future__ import annotations

from importlib import import_module

from django.db import migrations

from kernel.row_security import append_only, grants, of_tenant, tenant_table

COMPOSITE_KEYS = migrations.RunSQL(
    """
    ALTER TABLE ledger_accountgroup
        ADD CONSTRAINT account_group_parent FOREIGN KEY (parent_id, organization_id, account_class)
            REFERENCES ledger_accountgroup (id, organization_id, account_class);
    ALTER TABLE ledger_ledgeraccount
        ADD CONSTRAINT account_parent FOREIGN KEY (parent_id, organization_id, account_class)
            REFERENCES ledger_accountgroup (id, organization_id, account_class);
    ALTER TABLE ledger_hold
        ADD CONSTRAINT hold_account FOREIGN KEY (account_id, organization_id, currency_id)
            REFERENCES ledger_ledgeraccount (id, organization_id, currency_id);
    ALTER TABLE ledger_transaction
        ADD CONSTRAINT transaction_reversed FOREIGN KEY (reverses_id, organization_id)
            REFERENCES ledger_transaction (id, organization_id),
        ADD CONSTRAINT transaction_captured FOREIGN KEY (hold_id, organization_id)
            REFERENCES ledger_hold (id, organization_id);
    """,
    """
    ALTER TABLE ledger_transaction
        DROP CONSTRAINT transaction_captured, DROP CONSTRAINT transaction_reversed;
    ALTER TABLE ledger_hold DROP CONSTRAINT hold_account;
    ALTER TABLE ledger_ledgeraccount DROP CONSTRAINT account_parent;
    ALTER TABLE ledger_accountgroup DROP CONSTRAINT account_group_parent;
    """,
)

# A posting may find no row here only for an organization that does not exist.
BOOKS = migrations.RunSQL(
    """
    SELECT set_config('vaultcraft.scope', 'platform', true);
    INSERT INTO ledger_books (organization_id) SELECT id FROM accounts_organization;
    SELECT set_config('vaultcraft.scope', '', true);
    SET CONSTRAINTS ALL IMMEDIATE;

    CREATE FUNCTION ledger_open_books() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        INSERT INTO ledger_books (organization_id) VALUES (NEW.id);
        RETURN NULL;
    END $$;
    CREATE TRIGGER ledger_books_opened AFTER INSERT ON accounts_organization
        FOR EACH ROW EXECUTE FUNCTION ledger_open_books();

    CREATE FUNCTION ledger_guard_books() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF NEW.organization_id <> OLD.organization_id
           OR (OLD.closed_before IS NOT NULL
               AND (NEW.closed_before IS NULL OR NEW.closed_before < OLD.closed_before)) THEN
            RAISE EXCEPTION 'closed books stay closed'
                USING ERRCODE = 'VC015', CONSTRAINT = 'books_stay_closed';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER ledger_books_guard BEFORE UPDATE ON ledger_books
        FOR EACH ROW EXECUTE FUNCTION ledger_guard_books();
    CREATE TRIGGER ledger_books_kept BEFORE DELETE ON ledger_books
        FOR EACH ROW EXECUTE FUNCTION vaultcraft_refuse_change();
    CREATE TRIGGER ledger_books_no_truncate BEFORE TRUNCATE ON ledger_books
        FOR EACH STATEMENT EXECUTE FUNCTION vaultcraft_refuse_change();
    """,
    """
    DROP TRIGGER ledger_books_opened ON accounts_organization;
    DROP TRIGGER ledger_books_no_truncate ON ledger_books;
    DROP TRIGGER ledger_books_kept ON ledger_books;
    DROP TRIGGER ledger_books_guard ON ledger_books;
    DROP FUNCTION ledger_guard_books();
    DROP FUNCTION ledger_open_books();
    """,
)

# Closing is the one door to `closed_before`: the application may not write that column itself.
PERIODS = migrations.RunSQL(
    """
    CREATE FUNCTION ledger_guard_period() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE
        boundary timestamptz;
    BEGIN
        SELECT closed_before INTO boundary FROM ledger_books
        WHERE organization_id = NEW.organization_id FOR UPDATE;
        IF NOT FOUND OR NEW.starts_at IS DISTINCT FROM boundary THEN
            RAISE EXCEPTION 'a period starts where the last closed one ended'
                USING ERRCODE = 'VC016', CONSTRAINT = 'period_continues';
        END IF;
        IF TG_OP = 'INSERT' THEN
            IF NEW.state <> 'OPEN' THEN
                RAISE EXCEPTION 'a period begins open'
                    USING ERRCODE = 'VC017', CONSTRAINT = 'period_begins_open';
            END IF;
            RETURN NEW;
        END IF;
        IF OLD.state <> 'OPEN' OR (NEW.id, NEW.organization_id, NEW.closes_on, NEW.ends_at,
                                   NEW.opened_at)
           IS DISTINCT FROM (OLD.id, OLD.organization_id, OLD.closes_on, OLD.ends_at,
                             OLD.opened_at) THEN
            RAISE EXCEPTION 'period % is final', OLD.id
                USING ERRCODE = 'VC018', CONSTRAINT = 'period_final';
        END IF;
        IF NEW.state = 'CLOSED' THEN
            UPDATE ledger_books SET closed_before = NEW.ends_at
            WHERE organization_id = NEW.organization_id;
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER ledger_period_guard BEFORE INSERT OR UPDATE ON ledger_period
        FOR EACH ROW EXECUTE FUNCTION ledger_guard_period();
    CREATE TRIGGER ledger_period_kept BEFORE DELETE ON ledger_period
        FOR EACH ROW EXECUTE FUNCTION vaultcraft_refuse_change();
    CREATE TRIGGER ledger_period_no_truncate BEFORE TRUNCATE ON ledger_period
        FOR EACH STATEMENT EXECUTE FUNCTION vaultcraft_refuse_change();
    """,
    """
    DROP TRIGGER ledger_period_no_truncate ON ledger_period;
    DROP TRIGGER ledger_period_kept ON ledger_period;
    DROP TRIGGER ledger_period_guard ON ledger_period;
    DROP FUNCTION ledger_guard_period();
    """,
)

HOLDS = migrations.RunSQL(
    """
    CREATE FUNCTION ledger_guard_hold() RETURNS trigger
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
            NEW.reference, NEW.placed_at, NEW.expires_at)
           IS DISTINCT FROM
           (OLD.id, OLD.organization_id, OLD.account_id, OLD.currency_id, OLD.amount_minor,
            OLD.reference, OLD.placed_at, OLD.expires_at) THEN
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

    CREATE FUNCTION ledger_apply_holds() RETURNS trigger
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
            FROM (SELECT account_id, sum(amount_minor)::bigint AS delta
                  FROM new_holds GROUP BY account_id) d
            WHERE a.id = d.account_id;
        ELSE
            UPDATE ledger_ledgeraccount a SET held_minor = a.held_minor - d.delta
            FROM (SELECT n.account_id, sum(n.captured_minor + n.released_minor
                                           - o.captured_minor - o.released_minor)::bigint AS delta
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

    CREATE TRIGGER ledger_hold_guard BEFORE INSERT OR UPDATE ON ledger_hold
        FOR EACH ROW EXECUTE FUNCTION ledger_guard_hold();
    CREATE TRIGGER ledger_holds_placed AFTER INSERT ON ledger_hold
        REFERENCING NEW TABLE AS new_holds
        FOR EACH STATEMENT EXECUTE FUNCTION ledger_apply_holds();
    CREATE TRIGGER ledger_holds_moved AFTER UPDATE ON ledger_hold
        REFERENCING OLD TABLE AS old_holds NEW TABLE AS new_holds
        FOR EACH STATEMENT EXECUTE FUNCTION ledger_apply_holds();
    CREATE TRIGGER ledger_hold_kept BEFORE DELETE ON ledger_hold
        FOR EACH ROW EXECUTE FUNCTION vaultcraft_refuse_change();
    CREATE TRIGGER ledger_hold_no_truncate BEFORE TRUNCATE ON ledger_hold
        FOR EACH STATEMENT EXECUTE FUNCTION vaultcraft_refuse_change();
    """,
    """
    DROP TRIGGER ledger_hold_no_truncate ON ledger_hold;
    DROP TRIGGER ledger_hold_kept ON ledger_hold;
    DROP TRIGGER ledger_holds_moved ON ledger_hold;
    DROP TRIGGER ledger_holds_placed ON ledger_hold;
    DROP TRIGGER ledger_hold_guard ON ledger_hold;
    DROP FUNCTION ledger_apply_holds();
    DROP FUNCTION ledger_guard_hold();
    """,
)

# Called by the entries' trigger, and only for reversals: other postings do not pay for it.
REVERSALS = """
    CREATE FUNCTION ledger_check_reversals(reversing bigint[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
    DECLARE
        offender bigint;
    BEGIN
        SELECT r.id INTO offender
        FROM ledger_entry r
        JOIN ledger_transaction t ON t.id = r.transaction_id
        LEFT JOIN ledger_entry o ON o.id = r.reverses_id
        WHERE r.id = ANY (reversing)
          AND (o.id IS NULL OR o.transaction_id <> t.reverses_id OR o.account_id <> r.account_id
               OR o.side = r.side OR o.reverses_id IS NOT NULL
               OR r.effective_at < o.effective_at)
        LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'entry % does not undo the entry it names', offender
                USING ERRCODE = 'VC006', CONSTRAINT = 'entries_reverse_original';
        END IF;
        -- Reversals of one entry are entries of one account, whose versions make them take turns:
        -- what is not yet visible here cannot commit beside us.
        SELECT o.id INTO offender
        FROM ledger_entry o
        WHERE o.id IN (SELECT n.reverses_id FROM ledger_entry n WHERE n.id = ANY (reversing))
          AND o.amount_minor < (
              SELECT sum(r.amount_minor) FROM ledger_entry r WHERE r.reverses_id = o.id)
        LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'entry % would be reversed beyond its amount', offender
                USING ERRCODE = 'VC007', CONSTRAINT = 'entries_reverse_within';
        END IF;
    END $$;
    REVOKE ALL ON FUNCTION ledger_check_reversals(bigint[]) FROM PUBLIC;
"""

# The trigger reads its transition table and primary keys only. Rows that row security hides are
# missing from the joins, and every count below is compared, so a hidden row is a refusal.
APPLY_ENTRIES = """
    CREATE OR REPLACE FUNCTION ledger_apply_entries() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    -- Its statements have no parameters, so a session plans them once, for the batch that happens
    -- to come first. Only look-ups by primary key are right for one entry and for a thousand.
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
    DECLARE
        offender uuid;
        reversing bigint[];
        broken uuid;
        barred uuid;
        books bigint;
        organizations bigint;
        written bigint;
        visible bigint;
        accounts bigint;
        touched bigint;
    BEGIN
        SELECT n.transaction_id INTO offender
        FROM (
            SELECT transaction_id, count(*) AS legs, min(seq) AS lowest, max(seq) AS highest,
                   min(effective_at) AS earliest, max(effective_at) AS latest,
                   min(recorded_at) AS first_recorded, max(recorded_at) AS last_recorded,
                   count(reverses_id) AS undoing
            FROM new_entries GROUP BY transaction_id
        ) n LEFT JOIN ledger_transaction t ON t.id = n.transaction_id
        WHERE t.id IS NULL OR n.legs <> t.entry_count OR n.lowest <> 1 OR n.highest <> n.legs
           OR n.earliest <> t.effective_at OR n.latest <> t.effective_at
           OR n.first_recorded <> t.recorded_at OR n.last_recorded <> t.recorded_at
           OR n.undoing <> CASE WHEN t.reverses_id IS NULL THEN 0 ELSE n.legs END
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

        -- A period cannot close between this look and the commit.
        WITH held AS MATERIALIZED (
            SELECT b.organization_id, b.closed_before, n.earliest
            FROM (SELECT organization_id, min(effective_at) AS earliest
                  FROM new_entries GROUP BY organization_id) n
            JOIN ledger_books b ON b.organization_id = n.organization_id
            FOR SHARE OF b
        )
        SELECT count(*), max(organization_id::text) FILTER (WHERE earliest < closed_before)
        INTO books, offender FROM held;
        IF offender IS NOT NULL THEN
            RAISE EXCEPTION 'the period is closed in the books of %', offender
                USING ERRCODE = 'VC008', CONSTRAINT = 'entries_period_open';
        END IF;

        -- Versions without a gap and exact resulting balances, on accounts that may take them.
        SELECT count(*), count(*) FILTER (WHERE c.first_here), count(DISTINCT c.organization_id),
               max(c.account_id::text) FILTER (
                   WHERE c.version <> c.version_before + 1
                      OR c.balance_after_minor <> c.balance_before + c.change
                      OR c.recorded_at < c.recorded_before),
               max(c.account_id::text) FILTER (
                   WHERE c.status <> 'ACTIVE' AND (c.status <> 'FROZEN' OR c.change < 0)),
               array_agg(c.id) FILTER (WHERE c.reverses_id IS NOT NULL)
        INTO visible, accounts, organizations, broken, barred, reversing
        FROM (
            SELECT n.id, n.account_id, n.organization_id, n.version, n.balance_after_minor,
                   n.recorded_at, n.reverses_id, a.status,
                   CASE WHEN (n.side = 'DEBIT') = (a.account_class IN ('ASSET', 'EXPENSE'))
                        THEN n.amount_minor ELSE -n.amount_minor END AS change,
                   lag(n.version) OVER chain IS NULL AS first_here,
                   lag(n.version, 1, a.version) OVER chain AS version_before,
                   lag(n.balance_after_minor, 1, a.posted_minor) OVER chain AS balance_before,
                   lag(n.recorded_at, 1, a.last_recorded_at) OVER chain AS recorded_before
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
        IF visible <> written OR touched <> accounts OR books <> organizations THEN
            RAISE EXCEPTION 'entries name accounts outside the visible organizations'
                USING ERRCODE = 'VC005', CONSTRAINT = 'entries_visible_accounts';
        END IF;
        IF reversing IS NOT NULL THEN
            PERFORM ledger_check_reversals(reversing);
        END IF;
        RETURN NULL;
    END $$;
"""

APPLY_ENTRIES_BEFORE = (
    import_module("ledger.migrations.0002_promises")
    .ENTRIES.sql.split("CREATE TRIGGER")[0]
    .replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_complete_books")]

    operations = [
        COMPOSITE_KEYS,
        BOOKS,
        PERIODS,
        HOLDS,
        migrations.RunSQL(REVERSALS, "DROP FUNCTION ledger_check_reversals(bigint[]);"),
        migrations.RunSQL(APPLY_ENTRIES, APPLY_ENTRIES_BEFORE),
        tenant_table("ledger_accountgroup", visible=of_tenant("organization_id")),
        tenant_table(
            "ledger_books",
            visible=of_tenant("organization_id"),
            # An organization's books open by trigger, whoever makes the organization.
            writable=f"({of_tenant('organization_id')} OR current_user = 'vaultcraft_owner')",
        ),
        tenant_table("ledger_hold", visible=of_tenant("organization_id")),
        tenant_table("ledger_period", visible=of_tenant("organization_id")),
        tenant_table("ledger_periodbalance", visible=of_tenant("organization_id")),
        grants("ledger_accountgroup", "SELECT", "INSERT", "UPDATE (name)"),
        # To lock a row FOR SHARE takes the right to update some column of it.
        grants("ledger_books", "SELECT", "UPDATE (organization_id)"),
        grants(
            "ledger_hold",
            "SELECT",
            "INSERT (id, organization_id, account_id, currency_id, amount_minor, state, reference,"
            " placed_at, expires_at)",
            "UPDATE (captured_minor, released_minor, state, ended_at)",
        ),
        grants(
            "ledger_period",
            "SELECT",
            "INSERT (id, organization_id, starts_at, closes_on, ends_at, state, opened_at,"
            " opening_proof)",
            "UPDATE (state, closed_at, opening_proof, closing_proof)",
        ),
        append_only("ledger_periodbalance"),
        grants(
            "ledger_ledgeraccount",
            "SELECT",
            "INSERT (id, organization_id, kind, account_class, currency_id, code, name, parent_id,"
            " counterparty_id, status, floor_minor, created_at)",
            "UPDATE (status, stopped_by_platform)",
        ),
    ]
