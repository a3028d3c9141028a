"""Who may touch the inbox and the failed deliveries: the platform's programs and staff alone."""

from __future__ import annotations

from django.db import migrations

from kernel.row_security import SCOPE, grants, tenant_table

PLATFORM_ONLY = f"{SCOPE} = 'platform'"


class Migration(migrations.Migration):
    dependencies = [("events", "0004_inbox"), ("audit", "0002_promises")]

    operations = [
        # Deleted once the stream itself has forgotten the events: nothing can come twice then.
        grants("events_inboxentry", "SELECT", "INSERT", "DELETE"),
        grants(
            "events_faileddelivery",
            "SELECT",
            "INSERT",
            "UPDATE (deliveries, error, state, failed_at, settled_at)",
        ),
        tenant_table("events_faileddelivery", visible=PLATFORM_ONLY),
    ]
