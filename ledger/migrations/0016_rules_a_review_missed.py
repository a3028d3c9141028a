"""What a review got through before: other reservations than customers', days that are none, twins."""

from __future__ import annotations

from django.db import migrations, models

# Money of cash or clearing is nobody's to reserve: such a hold would stop withdrawals until it ends.
HOLDS = migrations.RunSQL(
    """
    CREATE FUNCTION ledger_guard_hold_account() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        -- An account out of sight is another organization's, which the foreign key refuses.
        IF EXISTS (
            SELECT FROM ledger_ledgeraccount a WHERE a.id = NEW.account_id AND a.kind <> 'WALLET'
        ) THEN
            RAISE EXCEPTION 'account % is no customer''s', NEW.account_id
                USING ERRCODE = 'VC035', CONSTRAINT = 'hold_account_kind';
        END IF;
        IF EXISTS (
            SELECT FROM ledger_ledgeraccount a
            WHERE a.id = NEW.fee_account_id AND a.kind <> 'FEE_INCOME'
        ) THEN
            RAISE EXCEPTION 'account % receives no fees', NEW.fee_account_id
                USING ERRCODE = 'VC036', CONSTRAINT = 'hold_fee_income';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER ledger_hold_of_wallet BEFORE INSERT ON ledger_hold
        FOR EACH ROW EXECUTE FUNCTION ledger_guard_hold_account();
    """,
    """
    DROP TRIGGER ledger_hold_of_wallet ON ledger_hold;
    DROP FUNCTION ledger_guard_hold_account();
    """,
)

# The end is the first instant whose day is a later one, however clocks jump at midnight. By its name
# it comes after `ledger_period_guard`; an end that is no time is left to the check of times.
PERIOD_DAYS = migrations.RunSQL(
    """
    CREATE FUNCTION ledger_guard_period_day() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE
        zone text;
    BEGIN
        SELECT o.timezone INTO zone FROM accounts_organization o WHERE o.id = NEW.organization_id;
        IF isfinite(NEW.ends_at)
           AND (((NEW.ends_at - interval '1 microsecond') AT TIME ZONE zone)::date > NEW.closes_on
                OR (NEW.ends_at AT TIME ZONE zone)::date <= NEW.closes_on) THEN
            RAISE EXCEPTION 'period % does not end with its last day', NEW.id
                USING ERRCODE = 'VC043', CONSTRAINT = 'period_ends_with_its_day';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER ledger_period_last_day
        BEFORE INSERT OR UPDATE OF organization_id, closes_on, ends_at ON ledger_period
        FOR EACH ROW EXECUTE FUNCTION ledger_guard_period_day();
    """,
    """
    DROP TRIGGER ledger_period_last_day ON ledger_period;
    DROP FUNCTION ledger_guard_period_day();
    """,
)

# A second cash or fee account can only come from SQL by hand. The one of the chart stays; others
# keep their entries as general accounts, and the record of it says so. Taking this back leaves them.
TWINS = migrations.RunSQL(
    """
    SELECT set_config('vaultcraft.scope', 'platform', true);
    ALTER TABLE ledger_ledgeraccount DISABLE TRIGGER ledger_account_guard;
    WITH ranked AS (
        SELECT a.id, a.organization_id, a.kind, a.code,
               row_number() OVER (
                   PARTITION BY a.organization_id, a.currency_id, a.kind
                   ORDER BY a.code IN ('1000-CASH', '4000-FEES') DESC, a.created_at, a.id) AS place
        FROM ledger_ledgeraccount a WHERE a.kind IN ('CASH', 'FEE_INCOME')
    ), demoted AS (
        UPDATE ledger_ledgeraccount a SET kind = 'GENERAL' FROM ranked r
        WHERE a.id = r.id AND r.place > 1
    )
    INSERT INTO audit_auditrecord (id, at, organization_id, actor_kind, actor_display, action,
                                   subject_type, subject_id, door, scope, request_id, metadata)
    SELECT gen_random_uuid(), now(), r.organization_id, 'system', '', 'ledger.account.make_general',
           'account', r.id, 'command', 'platform', 'migration one cash account',
           jsonb_build_object('kind', r.kind, 'code', r.code)
    FROM ranked r WHERE r.place > 1;
    ALTER TABLE ledger_ledgeraccount ENABLE TRIGGER ledger_account_guard;
    SELECT set_config('vaultcraft.scope', '', true);
    """,
    migrations.RunSQL.noop,
)


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0015_renamed_accounts"),
        ("accounts", "0003_time_zones"),
        ("audit", "0003_sequences_for_the_auditor"),
    ]

    operations = [
        HOLDS,
        PERIOD_DAYS,
        TWINS,
        migrations.AddConstraint(
            model_name="ledgeraccount",
            constraint=models.UniqueConstraint(
                fields=("organization", "currency", "kind"),
                condition=models.Q(kind__in=("CASH", "FEE_INCOME")),
                name="account_one_of_kind",
            ),
        ),
    ]
