"""What the database itself holds of second factors: one way only, counted upwards, of one person."""

from __future__ import annotations

from django.db import migrations

from kernel.row_security import APPLICATION, grants, identity_table

TABLES = (
    "accounts_totpfactor",
    "accounts_passkey",
    "accounts_recoverycode",
    "accounts_factorchallenge",
)
ONE_WAY = {
    "accounts_totpfactor": ["confirmed_at", "removed_at"],
    "accounts_passkey": ["removed_at"],
    "accounts_recoverycode": ["used_at", "voided_at"],
    "accounts_factorchallenge": ["passed_at", "passed_by"],
}
# A code of an older step, an older signature and a forgotten try: none of them can come back.
ONLY_GROWS = {
    "accounts_totpfactor": "last_step",
    "accounts_passkey": "sign_count",
    "accounts_factorchallenge": "tries",
    "accounts_signinsession": "second_factor_at",
}
CHECKS = {
    "accounts_recoverycode": ("accounts_recovery_hash", "octet_length(code_hash) = 32"),
    "accounts_factorchallenge": (
        "accounts_challenge_hashes",
        (
            "octet_length(token_hash) = 32 AND octet_length(device_hash) = 32"
            " AND octet_length(passkey_challenge) = 32"
        ),
    ),
    "accounts_passkey": ("accounts_passkey_count", "sign_count >= 0"),
}

GUARDS = migrations.RunSQL(
    """
    CREATE FUNCTION accounts_guard_factor() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF NOT EXISTS (SELECT FROM accounts_user u WHERE u.id = NEW.user_id
                       AND u.organization_id IS NOT DISTINCT FROM NEW.organization_id) THEN
            RAISE EXCEPTION 'a factor belongs to the organization of its person'
                USING ERRCODE = 'VC061', CONSTRAINT = 'accounts_factor_of_its_person';
        END IF;
        RETURN NEW;
    END $$;
    CREATE FUNCTION accounts_guard_challenge() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF NOT EXISTS (SELECT FROM accounts_signinsession s
                       WHERE s.id = NEW.session_id AND s.user_id = NEW.user_id) THEN
            RAISE EXCEPTION 'a challenge steps up a session of its own person'
                USING ERRCODE = 'VC062', CONSTRAINT = 'accounts_challenge_of_its_session';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER accounts_factorchallenge_session BEFORE INSERT ON accounts_factorchallenge
        FOR EACH ROW WHEN (NEW.session_id IS NOT NULL)
        EXECUTE FUNCTION accounts_guard_challenge();
    """,
    """
    DROP TRIGGER accounts_factorchallenge_session ON accounts_factorchallenge;
    DROP FUNCTION accounts_guard_challenge();
    DROP FUNCTION accounts_guard_factor();
    """,
)

# The row stands in the organization of its person, or in none with them.
PERSONS = {
    table: migrations.RunSQL(
        f"CREATE TRIGGER {table}_person BEFORE INSERT ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION accounts_guard_factor();",
        f"DROP TRIGGER {table}_person ON {table};",
    )
    for table in TABLES
}


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


def only_grows(table: str, column: str) -> migrations.RunSQL:
    """The value never becomes smaller, and never nothing again."""
    name = f"{table}_{column}_grows"
    return migrations.RunSQL(
        f"CREATE TRIGGER {name} BEFORE UPDATE ON {table} FOR EACH ROW"
        f" WHEN (OLD.{column} IS NOT NULL AND (NEW.{column} IS NULL OR NEW.{column} < OLD.{column}))"
        f" EXECUTE FUNCTION accounts_refuse();",
        f"DROP TRIGGER {name} ON {table};",
    )


def check(table: str, name: str, condition: str) -> migrations.RunSQL:
    """A CHECK that Django's model options cannot say."""
    return migrations.RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({condition});",
        f"ALTER TABLE {table} DROP CONSTRAINT {name};",
    )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0011_factors")]

    operations = [
        *(identity_table(table) for table in TABLES),
        GUARDS,
        *(PERSONS[table] for table in TABLES),
        *(one_way(table, columns) for table, columns in ONE_WAY.items()),
        *(only_grows(table, column) for table, column in ONLY_GROWS.items()),
        *(check(table, name, condition) for table, (name, condition) in CHECKS.items()),
        grants(
            "accounts_totpfactor",
            "SELECT",
            "INSERT",
            "UPDATE (sealed_secret, confirmed_at, last_step, removed_at)",
        ),
        grants(
            "accounts_passkey",
            "SELECT",
            "INSERT",
            "UPDATE (name, sign_count, last_used_at, removed_at)",
        ),
        grants("accounts_recoverycode", "SELECT", "INSERT", "UPDATE (used_at, voided_at)"),
        # The only rows that are removed: a challenge lives minutes, its evidence in the audit record.
        grants(
            "accounts_factorchallenge",
            "SELECT",
            "INSERT",
            "DELETE",
            "UPDATE (tries, last_tried_at, passed_at, passed_by)",
        ),
        migrations.RunSQL(
            "GRANT UPDATE (second_factor, second_factor_at)"
            f" ON accounts_signinsession TO {APPLICATION};",
            "REVOKE UPDATE (second_factor, second_factor_at)"
            f" ON accounts_signinsession FROM {APPLICATION};",
        ),
    ]
