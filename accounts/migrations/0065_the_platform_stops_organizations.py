"""Whether an organization may act is the platform's to say, not its own."""

from __future__ import annotations

from django.db import migrations

STATUS = migrations.RunSQL(
    """
    CREATE TRIGGER accounts_organization_status_by_platform
        BEFORE UPDATE OF status ON accounts_organization
        FOR EACH ROW WHEN (OLD.status <> NEW.status AND vaultcraft_scope() <> 'platform')
        EXECUTE FUNCTION accounts_refuse();
    """,
    "DROP TRIGGER accounts_organization_status_by_platform ON accounts_organization;",
)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0061_tables_of_libraries_are_read")]

    operations = [STATUS]
