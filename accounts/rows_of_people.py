"""SQL for migrations, of any room: a row about a person stands in that person's organization.

The function it names came with the devices (accounts 0009) and passes rows of nobody since 0028.
"""

from __future__ import annotations

from django.db.migrations.operations import RunSQL


def of_its_person(table: str) -> RunSQL:
    """Rows come in, and stay, in the organization of their person, or in none with them."""
    return RunSQL(
        f"CREATE TRIGGER {table}_of_its_person BEFORE INSERT OR UPDATE OF user_id, organization_id"
        f" ON {table} FOR EACH ROW EXECUTE FUNCTION accounts_guard_person();",
        f"DROP TRIGGER {table}_of_its_person ON {table};",
    )
