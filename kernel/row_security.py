"""SQL that several rooms' migrations need: tenant policies, append-only tables, grants, new names.

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
# What functions of the tables' owner show beyond a tenant, one exact name at a time. The scope
# opens nothing to a statement of the application's own: that runs as another role.
IN_DIRECTORY = f"({SCOPE} = 'directory' AND current_user = 'vaultcraft_owner')"


def of_tenant(*columns: str) -> str:
    """A policy expression: the row belongs to a visible organization, or the platform looks."""
    owned = " OR ".join(f"{column} = ANY ({VISIBLE})" for column in columns)
    return f"({owned} OR {SCOPE} = 'platform')"


def tenant_table(
    table: str, *, visible: str, writable: str | None = None, insertable: str | None = None
) -> RunSQL:
    """Force row-level security: rows are read where `visible`, written where `writable` holds.

    :param insertable: where new rows may come, if that is narrower than `writable`.
    """
    writable = writable or visible
    return RunSQL(
        f"""
        ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
        ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
        CREATE POLICY {table}_read ON {table} FOR SELECT USING ({visible});
        CREATE POLICY {table}_insert ON {table} FOR INSERT
            WITH CHECK ({insertable or writable});
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


def names_follow(before: str, after: str) -> RunSQL:
    """Right after a table got another name, its constraints, indexes and policies get it, too.

    Where Django shortened a long name it kept the first `_KEPT` characters of the table's.
    """
    return RunSQL(
        _names_follow(before, after, table=after), _names_follow(after, before, table=after)
    )


_KEPT = 20


def _names_follow(before: str, after: str, *, table: str) -> str:
    return f"""
        DO $$
        DECLARE
            said record;
        BEGIN
            FOR said IN
                SELECT 'ALTER TABLE {table} RENAME CONSTRAINT %I TO %I' AS act, conname AS name
                FROM pg_constraint WHERE conrelid = '{table}'::regclass
                UNION ALL
                SELECT 'ALTER INDEX %I RENAME TO %I', c.relname
                FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
                WHERE i.indrelid = '{table}'::regclass AND NOT EXISTS (
                    SELECT FROM pg_constraint k
                    WHERE k.conindid = i.indexrelid AND k.conrelid = i.indrelid
                )
                UNION ALL
                SELECT 'ALTER POLICY %I ON {table} RENAME TO %I', polname
                FROM pg_policy WHERE polrelid = '{table}'::regclass
            LOOP
                IF starts_with(said.name, '{before}') THEN
                    EXECUTE format(said.act, said.name,
                        '{after}' || substr(said.name, {len(before) + 1}));
                ELSIF starts_with(said.name, '{before[:_KEPT]}') THEN
                    EXECUTE format(said.act, said.name,
                        '{after[:_KEPT]}' || substr(said.name, {_KEPT + 1}));
                END IF;
            END LOOP;
        END $$;
    """  # noqa: S608 - of constants
