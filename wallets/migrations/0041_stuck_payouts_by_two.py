"""A payout that is stuck goes on or ends as two people of the staff agreed in this very transaction.

And its saga never says more than the payout: COMPLETED is one that was paid, COMPENSATED one whose
money is free again. The room of events knows no payouts, so the triggers are made here.
"""

from __future__ import annotations

from django.db import migrations

ENDS = """
    CREATE FUNCTION wallets_guard_end_of_payout() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF NOT EXISTS (
            SELECT FROM wallets_transfer w WHERE w.id = NEW.subject_id AND w.kind = 'payout'
              AND w.state = CASE NEW.state WHEN 'COMPLETED' THEN 'COMPLETED' ELSE 'FAILED' END
        ) THEN
            RAISE EXCEPTION 'payout % has not ended as its saga says', NEW.subject_id
                USING ERRCODE = 'VC093', CONSTRAINT = 'saga_ends_as_its_payout';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER saga_ends_as_its_payout BEFORE UPDATE OF state ON events_saga
        FOR EACH ROW WHEN (
            NEW.name = 'wallets.payout' AND NEW.state IN ('COMPLETED', 'COMPENSATED')
        ) EXECUTE FUNCTION wallets_guard_end_of_payout();
"""
# At the end: the act is written once what it does is done. Its moment is the saga's end, or from
# when on it is due again.
MENDED = """
    CREATE FUNCTION wallets_guard_mending() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF NOT accounts_staff_agreed_to('wallets.payout_mending', jsonb_build_object(
            'saga_id', NEW.id, 'fence', OLD.fence, 'remedy', CASE NEW.state
                WHEN 'COMPLETED' THEN 'paid' WHEN 'COMPENSATED' THEN 'failed' ELSE 'again' END
        ), coalesce(NEW.ended_at, NEW.due_at)) THEN
            RAISE EXCEPTION 'nobody agreed what becomes of saga %', NEW.id
                USING ERRCODE = 'VC061', CONSTRAINT = 'saga_mended_by_two';
        END IF;
        RETURN NULL;
    END $$;
    CREATE CONSTRAINT TRIGGER saga_mended_by_two
        AFTER UPDATE ON events_saga DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW WHEN (
            NEW.name = 'wallets.payout' AND OLD.state = 'STUCK' AND NEW.state <> 'STUCK'
        ) EXECUTE FUNCTION wallets_guard_mending();
"""
UNDONE = """
    DROP TRIGGER saga_mended_by_two ON events_saga;
    DROP FUNCTION wallets_guard_mending();
    DROP TRIGGER saga_ends_as_its_payout ON events_saga;
    DROP FUNCTION wallets_guard_end_of_payout();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("wallets", "0040_what_a_payout_settles"),
        ("accounts", "0065_the_platform_stops_organizations"),
        ("events", "0045_fences_by_one"),
    ]

    operations = [migrations.RunSQL(ENDS + MENDED, UNDONE)]
