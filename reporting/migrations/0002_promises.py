"""Whose rows they are. The consumer writes them under the platform's view; nobody deletes any."""

from __future__ import annotations

from django.db import migrations

from kernel.row_security import SCOPE, grants, of_tenant, tenant_table

WRITTEN = f"({SCOPE} = 'platform')"


def projection(table: str) -> object:
    """Read by its organization, written by the platform's programs alone."""
    return tenant_table(table, visible=of_tenant("organization_id"), writable=WRITTEN)


class Migration(migrations.Migration):
    dependencies = [("reporting", "0001_initial"), ("audit", "0002_promises")]

    operations = [
        grants(
            "reporting_accountstanding",
            "SELECT",
            "INSERT",
            "UPDATE (version, balance_minor, changed_at)",
        ),
        grants("reporting_accountclosing", "SELECT", "INSERT", "UPDATE (version, balance_minor)"),
        projection("reporting_accountstanding"),
        projection("reporting_accountclosing"),
    ]
