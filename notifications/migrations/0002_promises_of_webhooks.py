"""What the database itself holds of webhooks.

A secret, a delivery and an attempt are their endpoint's organization's: composite foreign keys.
What is sent and what came of it is never changed; what was removed stays removed.
"""

from __future__ import annotations

from django.db import migrations

from kernel.row_security import grants, of_tenant, tenant_table

OURS = of_tenant("organization_id")
ENDPOINT, SECRET, DELIVERY, ATTEMPT = (
    f"notifications_webhook{name}" for name in ("endpoint", "secret", "delivery", "attempt")
)


def whole_key(table: str) -> migrations.RunSQL:
    """What a composite foreign key refers to."""
    return migrations.RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {table}_whole UNIQUE (id, organization_id);",
        f"ALTER TABLE {table} DROP CONSTRAINT {table}_whole;",
    )


def belongs_to(table: str, column: str, parent: str) -> migrations.RunSQL:
    """The row is of the organization of its parent."""
    return migrations.RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {table}_{column} FOREIGN KEY"
        f" ({column}, organization_id) REFERENCES {parent} (id, organization_id);",
        f"ALTER TABLE {table} DROP CONSTRAINT {table}_{column};",
    )


def refused(table: str, name: str, event: str, condition: str = "true") -> migrations.RunSQL:
    """A change that nobody makes, not the owner of the tables either."""
    return migrations.RunSQL(
        f"CREATE TRIGGER {table}_{name} BEFORE {event} ON {table} FOR EACH ROW"
        f" WHEN ({condition}) EXECUTE FUNCTION accounts_refuse();",
        f"DROP TRIGGER {table}_{name} ON {table};",
    )


class Migration(migrations.Migration):
    dependencies = [("notifications", "0001_initial")]

    operations = [
        whole_key(ENDPOINT),
        whole_key(DELIVERY),
        belongs_to(SECRET, "endpoint_id", ENDPOINT),
        belongs_to(DELIVERY, "endpoint_id", ENDPOINT),
        belongs_to(ATTEMPT, "delivery_id", DELIVERY),
        refused(ENDPOINT, "stays_removed", "UPDATE", "OLD.removed_at IS NOT NULL"),
        refused(ATTEMPT, "unchanged", "UPDATE"),
        refused(
            DELIVERY,
            "says_the_same",
            "UPDATE",
            "(OLD.endpoint_id, OLD.event_id, OLD.event_name, OLD.body)"
            " IS DISTINCT FROM (NEW.endpoint_id, NEW.event_id, NEW.event_name, NEW.body)",
        ),
        refused(DELIVERY, "counts_up", "UPDATE", "NEW.attempts < OLD.attempts"),
        # Only what is over goes, after a month (`notifications.services.webhooks.sweeping`).
        refused(DELIVERY, "no_delete_while_open", "DELETE", "OLD.finished_at IS NULL"),
        grants(
            ENDPOINT,
            "SELECT",
            "INSERT",
            "UPDATE (url, description, event_names, status, status_reason, changed_at,"
            " failing_since, resting_until, served_at, removed_at)",
        ),
        # `sealed`: when keys are rotated. What signs no more is deleted.
        grants(SECRET, "SELECT", "INSERT", "UPDATE (sealed, expires_at)", "DELETE"),
        grants(
            DELIVERY,
            "SELECT",
            "INSERT",
            "UPDATE (state, attempts, tries, next_attempt_at, leased_until, expires_at,"
            " finished_at)",
            "DELETE",
        ),
        grants(ATTEMPT, "SELECT", "INSERT", "DELETE"),
        tenant_table(ENDPOINT, visible=OURS),
        tenant_table(SECRET, visible=OURS),
        tenant_table(DELIVERY, visible=OURS),
        tenant_table(ATTEMPT, visible=OURS),
    ]
