"""What the database itself holds of what people are told.

A row stands in its person's organization. What it says never changes, and what was read stays read.
Rows go when they are old and when their person is erased: they are no evidence, which is elsewhere.
"""

from __future__ import annotations

from django.db import migrations

from accounts.rows_of_people import of_its_person
from kernel.row_security import grants, of_tenant, tenant_table

OURS = of_tenant("organization_id")
NOTIFICATION, PREFERENCE = "notifications_notification", "notifications_preference"
_SAID = "organization_id, user_id, event_id, kind, subject_id, amount_minor, currency, detail"
_OLD, _NEW = (", ".join(f"{row}.{name}" for name in _SAID.split(", ")) for row in ("OLD", "NEW"))


def refused(table: str, name: str, event: str, condition: str) -> migrations.RunSQL:
    """A change that nobody makes, not the owner of the tables either."""
    return migrations.RunSQL(
        f"CREATE TRIGGER {table}_{name} BEFORE {event} ON {table} FOR EACH ROW"
        f" WHEN ({condition}) EXECUTE FUNCTION accounts_refuse();",
        f"DROP TRIGGER {table}_{name} ON {table};",
    )


class Migration(migrations.Migration):
    dependencies = [("notifications", "0003_notices")]

    operations = [
        of_its_person(NOTIFICATION),
        of_its_person(PREFERENCE),
        refused(NOTIFICATION, "says_the_same", "UPDATE", f"({_OLD}) IS DISTINCT FROM ({_NEW})"),
        refused(NOTIFICATION, "stays_read", "UPDATE", "OLD.read_at IS NOT NULL"),
        # DELETE: what is half a year old, and what an erased person was told.
        grants(NOTIFICATION, "SELECT", "INSERT", "UPDATE (read_at)", "DELETE"),
        # DELETE: an erased person has no wishes.
        grants(PREFERENCE, "SELECT", "INSERT", "UPDATE (in_app, email, changed_at)", "DELETE"),
        tenant_table(NOTIFICATION, visible=OURS),
        tenant_table(PREFERENCE, visible=OURS),
    ]
