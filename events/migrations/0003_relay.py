"""Where the relay stands in the outbox, and an index on the order in which rows were written."""

from __future__ import annotations

from django.db import migrations, models

from kernel.row_security import grants

SEQUENCE = migrations.RunSQL(
    "CREATE UNIQUE INDEX outbox_sequence ON events_outboxevent (sequence);",
    "DROP INDEX outbox_sequence;",
)

# At first no transaction is visible in the snapshot: everything is still to be published.
CURSOR = migrations.RunSQL(
    """
    ALTER TABLE events_relaycursor
        ALTER COLUMN since TYPE pg_snapshot USING since::pg_snapshot,
        ALTER COLUMN until TYPE pg_snapshot USING until::pg_snapshot,
        ADD CONSTRAINT relay_cursor_position CHECK (position >= 0 AND highest >= position),
        ADD CONSTRAINT relay_cursor_window CHECK (until IS NOT NULL OR position = 0);
    INSERT INTO events_relaycursor (name, cluster, since, position, highest, epoch)
        VALUES ('events', '', '3:3:', 0, 0, 0);
    """,
    "DELETE FROM events_relaycursor;",
)

# A database that was restored into another cluster brings transaction ids that mean nothing there.
# What was published is known by the old ids alone, so it is settled once, before the first read.
MOVED = migrations.RunSQL(
    """
    CREATE FUNCTION vaultcraft_outbox_moved(here text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE
        before events_relaycursor;
    BEGIN
        SELECT * INTO STRICT before FROM events_relaycursor WHERE name = 'events' FOR UPDATE;
        IF before.cluster = '' THEN
            UPDATE events_relaycursor SET cluster = here WHERE name = 'events';
        END IF;
        IF before.cluster IN ('', here) THEN
            RETURN false;
        END IF;
        LOCK TABLE events_outboxevent IN ACCESS EXCLUSIVE MODE;
        PERFORM set_config('vaultcraft.scope', 'platform', true);
        ALTER TABLE events_outboxevent DISABLE TRIGGER events_outboxevent_append_only;
        UPDATE events_outboxevent SET commit_xid = CASE
            WHEN sequence <= before.highest
                AND (pg_visible_in_snapshot(commit_xid, before.since)
                    OR (before.until IS NOT NULL AND sequence <= before.position
                        AND pg_visible_in_snapshot(commit_xid, before.until)))
            THEN '3'::xid8 ELSE pg_current_xact_id() END;
        ALTER TABLE events_outboxevent ENABLE TRIGGER events_outboxevent_append_only;
        UPDATE events_relaycursor
            SET cluster = here, since = '4:4:', until = NULL, position = 0 WHERE name = 'events';
        RETURN true;
    END $$;
    REVOKE ALL ON FUNCTION vaultcraft_outbox_moved(text) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION vaultcraft_outbox_moved(text) TO vaultcraft_app;
    """,
    "DROP FUNCTION vaultcraft_outbox_moved(text);",
)


class Migration(migrations.Migration):
    dependencies = [("events", "0002_promises")]

    operations = [
        SEQUENCE,
        migrations.CreateModel(
            name="RelayCursor",
            fields=[
                ("name", models.TextField(primary_key=True, serialize=False)),
                ("cluster", models.TextField()),
                ("since", models.TextField()),
                ("until", models.TextField(null=True)),
                ("position", models.BigIntegerField()),
                ("highest", models.BigIntegerField()),
                ("epoch", models.BigIntegerField()),
                ("moved_at", models.DateTimeField(null=True)),
            ],
        ),
        CURSOR,
        MOVED,
        grants(
            "events_relaycursor",
            "SELECT",
            "UPDATE (since, until, position, highest, epoch, moved_at)",
        ),
    ]
