"""The helper functions of row security, and an evidence table that can only grow.

Audit is the lowest room with a table, so what every room's policies need is created here.
"""

from __future__ import annotations

from django.db import migrations

from kernel.row_security import (
    APPLICATION,
    AUDITOR,
    SCOPE,
    append_only,
    of_tenant,
    tenant_table,
)

FUNCTIONS = migrations.RunSQL(
    f"""
    CREATE FUNCTION vaultcraft_organizations() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE
        RETURN coalesce(nullif(current_setting('vaultcraft.organizations', true), ''), '{{}}')::uuid[];
    CREATE FUNCTION vaultcraft_scope() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
        RETURN coalesce(current_setting('vaultcraft.scope', true), '');
    GRANT EXECUTE ON FUNCTION vaultcraft_organizations(), vaultcraft_scope()
        TO {APPLICATION}, {AUDITOR};

    CREATE FUNCTION vaultcraft_refuse_change() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog AS $$
    BEGIN
        RAISE EXCEPTION '% refuses %', TG_TABLE_NAME, TG_OP
            USING ERRCODE = 'VC000', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END $$;
    """,
    """
    DROP FUNCTION vaultcraft_refuse_change();
    DROP FUNCTION vaultcraft_scope();
    DROP FUNCTION vaultcraft_organizations();
    """,
)


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [
        FUNCTIONS,
        append_only("audit_auditrecord"),
        tenant_table(
            "audit_auditrecord",
            visible=of_tenant("organization_id"),
            # Acts before sign-in and acts on the platform itself have no organization.
            writable=f"({of_tenant('organization_id')} OR organization_id IS NULL"
            f" OR {SCOPE} = 'sign_in')",
        ),
    ]
