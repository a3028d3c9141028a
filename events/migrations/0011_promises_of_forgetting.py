"""The outbox lets go of what is published and old, and of nothing else; failures end once."""

from __future__ import annotations

from django.db import migrations

from kernel.row_security import grants

# What the relay's cursor says of a row: see events.relay.cursor.
SENT = migrations.RunSQL(
    """
    CREATE FUNCTION events_is_sent(written xid8, drawn bigint, place events_relaycursor)
    RETURNS boolean LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
        SELECT drawn <= place.highest AND (
            pg_visible_in_snapshot(written, place.since)
            OR (place.until IS NOT NULL AND drawn <= place.position
                AND pg_visible_in_snapshot(written, place.until)))
    $$;
    """,
    "DROP FUNCTION events_is_sent(xid8, bigint, events_relaycursor);",
)

# In place of `vaultcraft_refuse_change`: append-only, but for what nobody waits for any more. It
# holds for the owner, too, and not by the caller's clock.
GUARD = migrations.RunSQL(
    """
    CREATE FUNCTION events_guard_outbox() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE
        place events_relaycursor;
    BEGIN
        IF TG_OP = 'DELETE' AND OLD.occurred_at < clock_timestamp() - interval '30 days' THEN
            SELECT * INTO STRICT place FROM events_relaycursor WHERE name = 'events';
            IF events_is_sent(OLD.commit_xid, OLD.sequence, place) THEN
                RETURN OLD;
            END IF;
        END IF;
        RAISE EXCEPTION '% refuses %', TG_TABLE_NAME, TG_OP
            USING ERRCODE = 'VC000', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END $$;
    DROP TRIGGER events_outboxevent_append_only ON events_outboxevent;
    CREATE TRIGGER events_outboxevent_append_only BEFORE UPDATE OR DELETE ON events_outboxevent
        FOR EACH ROW EXECUTE FUNCTION events_guard_outbox();
    """,
    """
    DROP TRIGGER events_outboxevent_append_only ON events_outboxevent;
    CREATE TRIGGER events_outboxevent_append_only BEFORE UPDATE OR DELETE ON events_outboxevent
        FOR EACH ROW EXECUTE FUNCTION vaultcraft_refuse_change();
    DROP FUNCTION events_guard_outbox();
    """,
)

# The line is drawn first (and with `at_most` 0 nothing else is done): who compares things with
# what was told of them must not miss what went. Snapshots of another cluster mean nothing here.
FORGET = migrations.RunSQL(
    """
    CREATE FUNCTION vaultcraft_forget_events(before timestamptz, at_most integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE
        line timestamptz := least(before, clock_timestamp() - interval '30 days');
        place events_relaycursor;
        here text;
        gone integer;
        scope text := coalesce(current_setting('vaultcraft.scope', true), '');
    BEGIN
        SELECT system_identifier::text INTO STRICT here FROM pg_control_system();
        SELECT * INTO STRICT place FROM events_relaycursor WHERE name = 'events';
        IF place.cluster <> here THEN
            RETURN 0;
        END IF;
        IF place.forgotten_before IS NULL OR place.forgotten_before < line THEN
            UPDATE events_relaycursor SET forgotten_before = line WHERE name = 'events';
        END IF;
        PERFORM set_config('vaultcraft.scope', 'platform', true);
        DELETE FROM events_outboxevent o
        USING (SELECT sequence FROM events_outboxevent ORDER BY sequence LIMIT at_most) head
        WHERE o.sequence = head.sequence AND o.occurred_at < line
            AND events_is_sent(o.commit_xid, o.sequence, place);
        GET DIAGNOSTICS gone = ROW_COUNT;
        PERFORM set_config('vaultcraft.scope', scope, true);
        RETURN gone;
    END $$;
    REVOKE ALL ON FUNCTION vaultcraft_forget_events(timestamptz, integer) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION vaultcraft_forget_events(timestamptz, integer) TO vaultcraft_app;
    """,
    "DROP FUNCTION vaultcraft_forget_events(timestamptz, integer);",
)

# What was taken or discarded stays so. Only what was taken is ever deleted.
ENDED = migrations.RunSQL(
    """
    CREATE FUNCTION events_guard_delivery() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF TG_OP = 'UPDATE' AND OLD.state IN ('RETRYING', 'DEAD') THEN
            RETURN NEW;
        END IF;
        IF TG_OP = 'DELETE' AND OLD.state = 'TAKEN' THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION '% refuses %', TG_TABLE_NAME, TG_OP
            USING ERRCODE = 'VC000', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END $$;
    CREATE TRIGGER events_faileddelivery_ends_once BEFORE UPDATE OR DELETE
        ON events_faileddelivery FOR EACH ROW EXECUTE FUNCTION events_guard_delivery();
    """,
    """
    DROP TRIGGER events_faileddelivery_ends_once ON events_faileddelivery;
    DROP FUNCTION events_guard_delivery();
    """,
)


class Migration(migrations.Migration):
    dependencies = [("events", "0010_forgetting"), ("audit", "0002_promises")]

    operations = [
        SENT,
        GUARD,
        FORGET,
        ENDED,
        grants("events_inboxbeginning", "SELECT", "INSERT", "UPDATE (forgotten_before)"),
        # Deleted long after they were settled; the trigger lets nothing else go.
        grants(
            "events_faileddelivery",
            "SELECT",
            "INSERT",
            "DELETE",
            "UPDATE (deliveries, error, state, failed_at, settled_at, reason)",
        ),
    ]
