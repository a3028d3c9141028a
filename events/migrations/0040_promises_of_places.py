"""A place of the relay says no more than can be true, and age is told by the database's own clock."""

from __future__ import annotations

from importlib import import_module

from django.db import migrations

_BROKERS = import_module("events.migrations.0033_promises_of_brokers")

# Whoever writes the place as the application's role could call sent what nobody has written yet. A
# snapshot taken before now shows no transaction that is still running, the writer's own neither.
PAST = migrations.RunSQL(
    """
    CREATE FUNCTION events_guard_snapshots() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE
        place pg_snapshot;
    BEGIN
        FOREACH place IN ARRAY ARRAY[NEW.since, NEW.until] LOOP
            IF pg_snapshot_xmax(place) > pg_snapshot_xmax(pg_current_snapshot())
                OR pg_visible_in_snapshot(pg_current_xact_id_if_assigned(), place)
                OR EXISTS (SELECT FROM pg_snapshot_xip(pg_current_snapshot()) running
                    WHERE pg_visible_in_snapshot(running, place)) THEN
                RAISE EXCEPTION 'a place shows what is not committed yet'
                    USING ERRCODE = 'VC093', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
            END IF;
        END LOOP;
        RETURN NEW;
    END $$;
    CREATE TRIGGER events_relaycursor_past BEFORE INSERT OR UPDATE OF since, until
        ON events_relaycursor FOR EACH ROW EXECUTE FUNCTION events_guard_snapshots();
    CREATE TRIGGER events_relaymark_past BEFORE INSERT
        ON events_relaymark FOR EACH ROW EXECUTE FUNCTION events_guard_snapshots();
    CREATE FUNCTION events_guard_counts() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF NEW.highest > (SELECT last_value FROM events_outboxevent_sequence_seq)
            OR TG_OP = 'UPDATE' AND NEW.epoch NOT IN (OLD.epoch, OLD.epoch + 1) THEN
            RAISE EXCEPTION 'a place counts further than there is anything to count'
                USING ERRCODE = 'VC094', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER events_relaycursor_counts BEFORE INSERT OR UPDATE OF highest, epoch
        ON events_relaycursor FOR EACH ROW EXECUTE FUNCTION events_guard_counts();
    """,
    """
    DROP TRIGGER events_relaycursor_counts ON events_relaycursor;
    DROP FUNCTION events_guard_counts();
    DROP TRIGGER events_relaymark_past ON events_relaymark;
    DROP TRIGGER events_relaycursor_past ON events_relaycursor;
    DROP FUNCTION events_guard_snapshots();
    """,
)

# Nobody is granted to write these two. What was there before is as old as this migration.
WRITTEN = migrations.RunSQL(
    """
    ALTER TABLE events_outboxevent ADD COLUMN written_at timestamptz NOT NULL DEFAULT now();
    ALTER TABLE events_outboxevent ALTER COLUMN written_at SET DEFAULT clock_timestamp();
    ALTER TABLE events_inboxentry ADD COLUMN noted_in xid8;
    ALTER TABLE events_inboxentry ALTER COLUMN noted_in SET DEFAULT pg_current_xact_id();
    REVOKE INSERT ON events_inboxentry FROM vaultcraft_app;
    GRANT INSERT (consumer, event_id, taken_at) ON events_inboxentry TO vaultcraft_app;
    """,
    """
    GRANT INSERT ON events_inboxentry TO vaultcraft_app;
    ALTER TABLE events_inboxentry DROP COLUMN noted_in;
    ALTER TABLE events_outboxevent DROP COLUMN written_at;
    """,
)

GUARD = migrations.RunSQL(
    """
    CREATE OR REPLACE FUNCTION events_guard_outbox() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF TG_OP = 'DELETE'
            AND greatest(OLD.occurred_at, OLD.written_at) < clock_timestamp() - interval '30 days'
            AND events_is_sent_everywhere(OLD.commit_xid, OLD.sequence) THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION '% refuses %', TG_TABLE_NAME, TG_OP
            USING ERRCODE = 'VC000', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END $$;
    """,
    "CREATE OR REPLACE FUNCTION events_guard_outbox()"
    + _BROKERS.SENT.sql.partition("CREATE OR REPLACE FUNCTION events_guard_outbox()")[2],
)

FORGET = migrations.RunSQL(
    _BROKERS.FORGET.sql.replace(
        "o.occurred_at < line", "greatest(o.occurred_at, o.written_at) < line"
    ),
    _BROKERS.FORGET.sql,
)

# Which cluster this is the database says itself. What waited is written by the transaction 4, as
# where a backup is put back: a number of this cluster would stand beside those of the lost one.
MOVED = migrations.RunSQL(
    """
    DROP FUNCTION vaultcraft_outbox_moved(text);
    CREATE FUNCTION vaultcraft_outbox_moved() RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE
        before events_relaycursor;
        here text;
    BEGIN
        SELECT system_identifier::text INTO STRICT here FROM pg_control_system();
        SELECT * INTO STRICT before FROM events_relaycursor WHERE name = 'events' FOR UPDATE;
        IF before.cluster = '' THEN
            UPDATE events_relaycursor SET cluster = here;
        END IF;
        IF before.cluster IN ('', here) THEN
            RETURN false;
        END IF;
        LOCK TABLE events_outboxevent IN ACCESS EXCLUSIVE MODE;
        PERFORM set_config('vaultcraft.scope', 'platform', true);
        ALTER TABLE events_outboxevent DISABLE TRIGGER events_outboxevent_append_only;
        UPDATE events_outboxevent SET commit_xid = CASE
            WHEN events_is_sent_everywhere(commit_xid, sequence) THEN '3'::xid8 ELSE '4'::xid8 END;
        ALTER TABLE events_outboxevent ENABLE TRIGGER events_outboxevent_append_only;
        DELETE FROM events_relaymark;
        UPDATE events_relaycursor
            SET cluster = here, since = '4:4:', until = NULL, position = 0;
        RETURN true;
    END $$;
    REVOKE ALL ON FUNCTION vaultcraft_outbox_moved() FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION vaultcraft_outbox_moved() TO vaultcraft_app;
    """,
    "DROP FUNCTION vaultcraft_outbox_moved();"
    + _BROKERS.MOVED.sql
    + """
    REVOKE ALL ON FUNCTION vaultcraft_outbox_moved(text) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION vaultcraft_outbox_moved(text) TO vaultcraft_app;
    """,
)

# An inbox keeps 30 days; a day of them is left for clocks that differ. Were its beginning later,
# nothing could be published again; were it earlier, some of it would be taken twice.
BEGINNING = migrations.RunSQL(
    """
    CREATE FUNCTION events_guard_beginning() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF NEW.forgotten_before > clock_timestamp() - interval '29 days'
            OR TG_OP = 'UPDATE' AND NEW.forgotten_before < OLD.forgotten_before THEN
            RAISE EXCEPTION 'the inbox of % cannot begin at %', NEW.consumer, NEW.forgotten_before
                USING ERRCODE = 'VC095', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER events_inboxbeginning_old BEFORE INSERT OR UPDATE
        ON events_inboxbeginning FOR EACH ROW EXECUTE FUNCTION events_guard_beginning();
    """,
    """
    DROP TRIGGER events_inboxbeginning_old ON events_inboxbeginning;
    DROP FUNCTION events_guard_beginning();
    """,
)


class Migration(migrations.Migration):
    dependencies = [("events", "0033_promises_of_brokers")]

    operations = [PAST, WRITTEN, GUARD, FORGET, MOVED, BEGINNING]
