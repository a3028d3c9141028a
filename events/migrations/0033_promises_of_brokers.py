"""What several brokers and lost streams mean for what may go, and who may write it."""

from __future__ import annotations

from importlib import import_module

from django.db import migrations

from kernel.row_security import grants

_RELAY = import_module("events.migrations.0003_relay")
_FORGETTING = import_module("events.migrations.0011_promises_of_forgetting")

# The place of JetStream is always there: it is never deleted. Kafka's comes and goes with Kafka.
PLACES = migrations.RunSQL(
    """
    ALTER TABLE events_relaymark
        ALTER COLUMN since TYPE pg_snapshot USING since::pg_snapshot,
        ALTER COLUMN until TYPE pg_snapshot USING until::pg_snapshot,
        ADD CONSTRAINT relay_mark_of_a_place FOREIGN KEY (name)
            REFERENCES events_relaycursor (name) ON DELETE CASCADE;
    ALTER TABLE events_relaycursor
        ADD CONSTRAINT relay_cursor_name CHECK (name IN ('events', 'kafka')),
        ADD CONSTRAINT relay_cursor_stream CHECK (stream_last >= 0);
    CREATE FUNCTION events_guard_place() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF OLD.name <> 'events' THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION '% refuses %', TG_TABLE_NAME, TG_OP
            USING ERRCODE = 'VC000', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END $$;
    CREATE TRIGGER events_relaycursor_stays BEFORE DELETE ON events_relaycursor
        FOR EACH ROW EXECUTE FUNCTION events_guard_place();
    """,
    """
    DROP TRIGGER events_relaycursor_stays ON events_relaycursor;
    DROP FUNCTION events_guard_place();
    DELETE FROM events_relaycursor WHERE name <> 'events';
    ALTER TABLE events_relaycursor
        DROP CONSTRAINT relay_cursor_name, DROP CONSTRAINT relay_cursor_stream;
    ALTER TABLE events_relaymark DROP CONSTRAINT relay_mark_of_a_place;
    """,
)

# Published is what every broker has that there is a place for.
SENT = migrations.RunSQL(
    """
    CREATE FUNCTION events_is_sent_everywhere(written xid8, drawn bigint)
    RETURNS boolean LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
        SELECT coalesce(bool_and(events_is_sent(written, drawn, place)), false)
        FROM events_relaycursor place
    $$;
    CREATE OR REPLACE FUNCTION events_guard_outbox() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF TG_OP = 'DELETE' AND OLD.occurred_at < clock_timestamp() - interval '30 days'
            AND events_is_sent_everywhere(OLD.commit_xid, OLD.sequence) THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION '% refuses %', TG_TABLE_NAME, TG_OP
            USING ERRCODE = 'VC000', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END $$;
    """,
    _FORGETTING.GUARD.sql.split("DROP TRIGGER")[0].replace("CREATE FUN", "CREATE OR REPLACE FUN")
    + "DROP FUNCTION events_is_sent_everywhere(xid8, bigint);",
)

FORGET = migrations.RunSQL(
    """
    CREATE OR REPLACE FUNCTION vaultcraft_forget_events(before timestamptz, at_most integer)
    RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE
        line timestamptz := least(before, clock_timestamp() - interval '30 days');
        here text;
        gone integer;
        scope text := coalesce(current_setting('vaultcraft.scope', true), '');
    BEGIN
        SELECT system_identifier::text INTO STRICT here FROM pg_control_system();
        IF EXISTS (SELECT FROM events_relaycursor WHERE cluster <> here) THEN
            RETURN 0;
        END IF;
        UPDATE events_relaycursor SET forgotten_before = line
            WHERE forgotten_before IS NULL OR forgotten_before < line;
        PERFORM set_config('vaultcraft.scope', 'platform', true);
        DELETE FROM events_outboxevent o
        USING (SELECT sequence FROM events_outboxevent ORDER BY sequence LIMIT at_most) head
        WHERE o.sequence = head.sequence AND o.occurred_at < line
            AND events_is_sent_everywhere(o.commit_xid, o.sequence);
        GET DIAGNOSTICS gone = ROW_COUNT;
        PERFORM set_config('vaultcraft.scope', scope, true);
        RETURN gone;
    END $$;
    """,
    _FORGETTING.FORGET.sql.split("REVOKE ALL")[0].replace("CREATE FUN", "CREATE OR REPLACE FUN"),
)

# Of a database that was restored elsewhere. What one broker has and another has not comes to both
# again: consumers know it by its id. Earlier places are snapshots of the lost cluster.
MOVED = migrations.RunSQL(
    """
    CREATE OR REPLACE FUNCTION vaultcraft_outbox_moved(here text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE
        before events_relaycursor;
    BEGIN
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
            WHEN events_is_sent_everywhere(commit_xid, sequence)
            THEN '3'::xid8 ELSE pg_current_xact_id() END;
        ALTER TABLE events_outboxevent ENABLE TRIGGER events_outboxevent_append_only;
        DELETE FROM events_relaymark;
        UPDATE events_relaycursor
            SET cluster = here, since = '4:4:', until = NULL, position = 0;
        RETURN true;
    END $$;
    """,
    _RELAY.MOVED.sql.split("REVOKE ALL")[0].replace("CREATE FUN", "CREATE OR REPLACE FUN"),
)


class Migration(migrations.Migration):
    dependencies = [("events", "0032_places_of_brokers")]

    operations = [
        PLACES,
        SENT,
        FORGET,
        MOVED,
        # Begun where JetStream's stands, when Kafka is first asked for; `leave_kafka` deletes it.
        grants(
            "events_relaycursor",
            "SELECT",
            "DELETE",
            "INSERT (name, cluster, since, until, position, highest, epoch, forgotten_before)",
            "UPDATE (since, until, position, highest, epoch, moved_at, stream_made_at, stream_last,"
            " lost_at)",
        ),
        # Earlier places are kept for a month.
        grants("events_relaymark", "SELECT", "INSERT", "DELETE"),
    ]
