"""Entries: what foreign keys asked for each row, the statement's trigger asks once for all of them.

PostgreSQL enforces a foreign key with a query for each row; together the two of an entry took a
fifth of the books' time. The trigger looks both parents up in any case, so it compares what the keys
compare and refuses in their names. Parents stay: transactions are append-only, accounts are never
deleted and keep their identity. The keys stay declared, NOT ENFORCED, for whoever reads the schema.

An index on the organization alone goes: the one on (organization, id) answers the same questions.
"""

from __future__ import annotations

from importlib import import_module

from django.db import migrations, models

DECLARED = migrations.RunSQL(
    """
    ALTER TABLE ledger_entry
        DROP CONSTRAINT entry_transaction, DROP CONSTRAINT entry_account;
    ALTER TABLE ledger_entry
        ADD CONSTRAINT entry_transaction FOREIGN KEY (transaction_id, organization_id)
            REFERENCES ledger_transaction (id, organization_id) NOT ENFORCED,
        ADD CONSTRAINT entry_account FOREIGN KEY (account_id, organization_id, currency_id)
            REFERENCES ledger_ledgeraccount (id, organization_id, currency_id) NOT ENFORCED;
    """,
    """
    ALTER TABLE ledger_entry
        DROP CONSTRAINT entry_transaction, DROP CONSTRAINT entry_account;
    ALTER TABLE ledger_entry
        ADD CONSTRAINT entry_transaction FOREIGN KEY (transaction_id, organization_id)
            REFERENCES ledger_transaction (id, organization_id),
        ADD CONSTRAINT entry_account FOREIGN KEY (account_id, organization_id, currency_id)
            REFERENCES ledger_ledgeraccount (id, organization_id, currency_id);
    """,
)

APPLY_ENTRIES = """
    CREATE OR REPLACE FUNCTION ledger_apply_entries() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    -- Its statements have no parameters, so a session plans them once, for the batch that happens
    -- to come first. Only look-ups by primary key are right for one entry and for a thousand.
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
    DECLARE
        offender uuid;
        kin boolean;
        foreigner uuid;
        reversing bigint[];
        broken uuid;
        barred uuid;
        books bigint;
        organizations bigint;
        accounts bigint;
        touched bigint;
    BEGIN
        SELECT n.transaction_id, t.organization_id = n.organization_id AS related INTO offender, kin
        FROM (
            SELECT transaction_id, organization_id, count(*) AS legs, min(seq) AS lowest, max(seq) AS highest,
                   min(effective_at) AS earliest, max(effective_at) AS latest,
                   min(recorded_at) AS first_recorded, max(recorded_at) AS last_recorded,
                   count(reverses_id) AS undoing
            FROM new_entries GROUP BY transaction_id, organization_id
        ) n LEFT JOIN ledger_transaction t ON t.id = n.transaction_id
        WHERE t.id IS NULL OR t.organization_id <> n.organization_id
           OR n.legs <> t.entry_count OR n.lowest <> 1 OR n.highest <> n.legs
           OR n.earliest <> t.effective_at OR n.latest <> t.effective_at
           OR n.first_recorded <> t.recorded_at OR n.last_recorded <> t.recorded_at
           OR n.undoing <> CASE WHEN t.reverses_id IS NULL THEN 0 ELSE n.legs END
        ORDER BY related NULLS FIRST LIMIT 1;
        IF FOUND AND kin IS NOT TRUE THEN
            RAISE EXCEPTION 'transaction % is not there for these entries', offender
                USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'entry_transaction';
        ELSIF FOUND THEN
            RAISE EXCEPTION 'transaction % does not get its entries whole', offender
                USING ERRCODE = 'VC001', CONSTRAINT = 'entries_whole_transaction';
        END IF;

        -- Versions without a gap and exact resulting balances, on accounts that may take them.
        SELECT count(*) FILTER (WHERE c.first_here), count(DISTINCT c.organization_id),
               max(c.account_id::text) FILTER (WHERE c.related IS NOT TRUE),
               max(c.account_id::text) FILTER (
                   WHERE c.version <> c.version_before + 1
                      OR c.balance_after_minor <> c.balance_before + c.change
                      OR c.recorded_at < c.recorded_before),
               max(c.account_id::text) FILTER (
                   WHERE c.status <> 'ACTIVE' AND (c.status <> 'FROZEN' OR c.change < 0)),
               array_agg(c.id) FILTER (WHERE c.reverses_id IS NOT NULL)
        INTO accounts, organizations, foreigner, broken, barred, reversing
        FROM (
            SELECT n.id, n.account_id, n.organization_id, n.version, n.balance_after_minor,
                   n.recorded_at, n.reverses_id, a.status,
                   a.organization_id = n.organization_id AND a.currency_id = n.currency_id AS related,
                   CASE WHEN (n.side = 'DEBIT') = (a.account_class IN ('ASSET', 'EXPENSE'))
                        THEN n.amount_minor ELSE -n.amount_minor END AS change,
                   lag(n.version) OVER chain IS NULL AS first_here,
                   lag(n.version, 1, a.version) OVER chain AS version_before,
                   lag(n.balance_after_minor, 1, a.posted_minor) OVER chain AS balance_before,
                   lag(n.recorded_at, 1, a.last_recorded_at) OVER chain AS recorded_before
            FROM new_entries n LEFT JOIN ledger_ledgeraccount a ON a.id = n.account_id
            WINDOW chain AS (PARTITION BY n.account_id ORDER BY n.version)
        ) c;
        -- One that row security hides is as good as none.
        IF foreigner IS NOT NULL THEN
            RAISE EXCEPTION 'account % takes no such entry', foreigner
                USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'entry_account';
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
        IF touched <> accounts OR books <> organizations THEN
            RAISE EXCEPTION 'entries name accounts outside the visible organizations'
                USING ERRCODE = 'VC005', CONSTRAINT = 'entries_visible_accounts';
        END IF;
        IF reversing IS NOT NULL THEN
            PERFORM ledger_check_reversals(reversing);
        END IF;
        RETURN NULL;
    END $$;
"""
APPLY_ENTRIES_BEFORE = import_module(
    "ledger.migrations.0004_promises_of_complete_books"
).APPLY_ENTRIES


class Migration(migrations.Migration):
    dependencies = [("ledger", "0010_closing_periods")]

    operations = [
        migrations.RunSQL(APPLY_ENTRIES, APPLY_ENTRIES_BEFORE),
        DECLARED,
        migrations.AlterField(
            model_name="transaction",
            name="organization",
            field=models.ForeignKey(
                db_index=False,
                on_delete=models.deletion.PROTECT,
                related_name="+",
                to="accounts.organization",
            ),
        ),
    ]
