"""SQL that several rooms' migrations need: tenant policies, append-only tables, narrow grants.

The helper functions named here (`vaultcraft_organizations` and the rest) are created by the first
migration of the audit room, the lowest room with a table. Database refusals carry an SQLSTATE of
class VC and the name of the rule as their constraint name.
"""

from __future__ import annotations

from django.db.migrations.operations import RunSQL

APPLICATION = "vaultcraft_app"
AUDITOR = "vaultcraft_auditor"

# Wrapped in a subselect so that it is computed once for a statement, not once for a row.
VISIBLE = "(SELECT vaultcraft_organizations())::uuid[]"
SCOPE = "(SELECT vaultcraft_scope())"


def of_tenant(*columns: str) -> str:
    """A policy expression: the row belongs to a visible organization, or the platform looks."""
    owned = " OR ".join(f"{column} = ANY ({VISIBLE})" for column in columns)
    return f"({owned} OR {SCOPE} = 'platform')"


def tenant_table(table: str, *, visible: str, writable: str | None = None) -> RunSQL:
    """Force row-level security: rows are read where `visible`, written where `writable` holds."""
    writable = writable or visible
    return RunSQL(
        f"""
        ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
        ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
        CREATE POLICY {table}_read ON {table} FOR SELECT USING ({visible});
        CREATE POLICY {table}_insert ON {table} FOR INSERT WITH CHECK ({writable});
        CREATE POLICY {table}_update ON {table} FOR UPDATE
            USING ({writable}) WITH CHECK ({writable});
        CREATE POLICY {table}_delete ON {table} FOR DELETE USING ({writable});
        """,
        f"""
        DROP POLICY {table}_read ON {table};
        DROP POLICY {table}_insert ON {table};
        DROP POLICY {table}_update ON {table};
        DROP POLICY {table}_delete ON {table};
        ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY;
        ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;
        """,
    )


def identity_table(table: str) -> RunSQL:
    """Force row-level security on a table about people who sign in.

    Sign-in must find somebody before it is known whose tenant that is: the scope sign_in reads. It
    writes only what belongs to no tenant: the rows of the platform's own staff.
    """
    owned = f"organization_id = ANY ({VISIBLE}) OR {SCOPE} = 'platform'"
    return tenant_table(
        table,
        visible=f"({owned} OR {SCOPE} = 'sign_in')",
        writable=f"({owned} OR (organization_id IS NULL AND {SCOPE} = 'sign_in'))",
    )


def append_only(table: str) -> RunSQL:
    """Rows are inserted and read, nothing else: by privilege, and by trigger for the owner too."""
    return RunSQL(
        f"""
        REVOKE ALL ON {table} FROM {APPLICATION};
        GRANT SELECT, INSERT ON {table} TO {APPLICATION};
        CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION vaultcraft_refuse_change();
        CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION vaultcraft_refuse_change();
        """,
        f"""
        DROP TRIGGER {table}_append_only ON {table};
        DROP TRIGGER {table}_no_truncate ON {table};
        GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {APPLICATION};
        """,
    )


def grants(table: str, *privileges: str) -> RunSQL:
    """The application role may do exactly this: ``grants("t", "SELECT", "UPDATE (status)")``."""
    return RunSQL(
        f"REVOKE ALL ON {table} FROM {APPLICATION};"
        f"GRANT {', '.join(privileges)} ON {table} TO {APPLICATION};",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {APPLICATION};",
    )
