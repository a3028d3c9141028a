"""An outbox that can only grow, and the order in which a relay may read it."""

from __future__ import annotations

from django.db import migrations

from kernel.row_security import SCOPE, append_only, grants, of_tenant, tenant_table

ORDER = migrations.RunSQL(
    """
    ALTER TABLE events_outboxevent
        ADD COLUMN commit_xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
        ADD COLUMN sequence bigint GENERATED ALWAYS AS IDENTITY;
    CREATE INDEX outbox_order ON events_outboxevent (commit_xid, sequence);
    """,
    """
    DROP INDEX outbox_order;
    ALTER TABLE events_outboxevent DROP COLUMN sequence, DROP COLUMN commit_xid;
    """,
)

# The two columns of the order are the database's own: a forged one could hide a row from the relay.
INSERTED = (
    "id, name, version, organization_id, subject_id, payload, actor_kind, actor_id, request_id,"
    " occurred_at"
)


class Migration(migrations.Migration):
    dependencies = [("events", "0001_initial"), ("audit", "0002_promises")]

    operations = [
        ORDER,
        append_only("events_outboxevent"),
        grants("events_outboxevent", "SELECT", f"INSERT ({INSERTED})"),
        tenant_table(
            "events_outboxevent",
            visible=of_tenant("organization_id"),
            writable=f"({of_tenant('organization_id')} OR organization_id IS NULL"
            f" OR {SCOPE} = 'sign_in')",
        ),
    ]
