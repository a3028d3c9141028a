"""What the database itself holds in this room, whatever the code does.

What is fixed for ever (ids, hashes, whose row it is) is held by column privileges; what may happen
once or in one direction is held by triggers, for the owner of the tables too. A refusal carries the
name of the broken rule as its constraint name.
"""

from django.db import migrations

from kernel.row_security import grants

ONE_WAY = {
    "accounts_organization": ["activated_at"],
    "accounts_invitation": ["accepted_at", "accepted_by_id", "withdrawn_at"],
    "accounts_signinsession": ["revoked_at", "revoked_reason"],
    "accounts_refreshtoken": ["used_at", "successor_id"],
    "accounts_apikey": ["revoked_at"],
}
SCOPES = (
    "'wallets:read', 'wallets:write', 'wallets:debit-any', 'transfers:read', 'transfers:write',"
    " 'cash:write', 'ledger:read'"
)
CHECKS = {
    "accounts_user": {"accounts_user_email_lower": "email = lower(email)"},
    "accounts_invitation": {
        "accounts_invitation_email_lower": "email = lower(email)",
        "accounts_invitation_hash": "octet_length(token_hash) = 32",
        "accounts_invitation_one_end": "accepted_at IS NULL OR withdrawn_at IS NULL",
    },
    "accounts_refreshtoken": {"accounts_refreshtoken_hash": "octet_length(token_hash) = 32"},
    "accounts_apikey": {
        "accounts_apikey_hash": "octet_length(secret_hash) = 32",
        "accounts_apikey_scopes": (
            f"cardinality(scopes) > 0 AND scopes <@ ARRAY[{SCOPES}]::varchar[]"
        ),
    },
}

REFUSE = """
CREATE FUNCTION accounts_refuse() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: %', TG_OP, TG_TABLE_NAME, TG_NAME
        USING ERRCODE = 'VC001', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
END $$;
"""
STATUS = """
CREATE TRIGGER accounts_organization_begins_pending BEFORE INSERT ON accounts_organization
    FOR EACH ROW WHEN (NEW.status <> 'pending') EXECUTE FUNCTION accounts_refuse();
CREATE TRIGGER accounts_organization_status_moves
    BEFORE UPDATE OF status ON accounts_organization
    FOR EACH ROW WHEN (
        OLD.status <> NEW.status AND (OLD.status, NEW.status) NOT IN (
            ('pending', 'active'), ('active', 'suspended'), ('suspended', 'active')
        )
    ) EXECUTE FUNCTION accounts_refuse();
"""


def one_way(table: str, columns: list[str]) -> migrations.RunSQL:
    """Once a value stands in one of the columns, it stays."""
    changed = " OR ".join(
        f"(OLD.{column} IS NOT NULL AND NEW.{column} IS DISTINCT FROM OLD.{column})"
        for column in columns
    )
    return migrations.RunSQL(
        f"CREATE TRIGGER {table}_one_way BEFORE UPDATE ON {table} FOR EACH ROW"
        f" WHEN ({changed}) EXECUTE FUNCTION accounts_refuse();",
        f"DROP TRIGGER {table}_one_way ON {table};",
    )


def check(table: str, name: str, condition: str) -> migrations.RunSQL:
    """A CHECK that Django's model options cannot say."""
    return migrations.RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({condition});",
        f"ALTER TABLE {table} DROP CONSTRAINT {name};",
    )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.RunSQL(REFUSE, "DROP FUNCTION accounts_refuse();"),
        migrations.RunSQL(
            STATUS,
            "DROP TRIGGER accounts_organization_begins_pending ON accounts_organization;"
            "DROP TRIGGER accounts_organization_status_moves ON accounts_organization;",
        ),
        *(one_way(table, columns) for table, columns in ONE_WAY.items()),
        *(
            check(table, name, condition)
            for table, checks in CHECKS.items()
            for name, condition in checks.items()
        ),
        grants(
            "accounts_organization",
            "SELECT",
            "INSERT",
            "UPDATE (slug, name, display_name, timezone, status, activated_at)",
        ),
        grants(
            "accounts_user",
            "SELECT",
            "INSERT",
            "UPDATE (email, full_name, password, last_login, role, platform_role, is_active)",
        ),
        grants(
            "accounts_invitation",
            "SELECT",
            "INSERT",
            "UPDATE (accepted_at, accepted_by_id, withdrawn_at)",
        ),
        grants(
            "accounts_signinsession",
            "SELECT",
            "INSERT",
            "UPDATE (last_seen_at, revoked_at, revoked_reason)",
        ),
        grants("accounts_refreshtoken", "SELECT", "INSERT", "UPDATE (used_at, successor_id)"),
        grants("accounts_apikey", "SELECT", "INSERT", "UPDATE (name, last_used_at, revoked_at)"),
    ]
