"""The auditor reads sequences too: a backup, which it makes, must say where they stand."""

from __future__ import annotations

from django.db import migrations

from kernel.row_security import AUDITOR


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_promises")]

    operations = [
        migrations.RunSQL(
            f"""
            GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO {AUDITOR};
            ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON SEQUENCES TO {AUDITOR};
            """,
            f"""
            ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE SELECT ON SEQUENCES FROM {AUDITOR};
            REVOKE SELECT ON ALL SEQUENCES IN SCHEMA public FROM {AUDITOR};
            """,  # noqa: S608 - a role's name
        )
    ]
