"""Roles, database and default grants, as the superuser; safe to repeat.

Three roles hold the product up (docs/architecture.md): the owner migrates, the application lives
under row-level security, the auditor reads everything and writes nothing.
"""

from dataclasses import dataclass

import psycopg
from psycopg import sql

OWNER, APP, AUDITOR = "vaultcraft_owner", "vaultcraft_app", "vaultcraft_auditor"
ATTRIBUTES = {
    OWNER: "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS NOINHERIT",
    APP: "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS NOINHERIT",
    AUDITOR: "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE BYPASSRLS NOINHERIT",
}
SCHEMA_GRANTS = """
REVOKE ALL ON SCHEMA public FROM public;
GRANT USAGE ON SCHEMA public TO vaultcraft_owner, vaultcraft_app, vaultcraft_auditor;
GRANT CREATE ON SCHEMA public TO vaultcraft_owner;
"""
# What the owner's tables are born with; migrations then narrow it.
DEFAULT_PRIVILEGES = """
ALTER DEFAULT PRIVILEGES FOR ROLE vaultcraft_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO vaultcraft_app;
ALTER DEFAULT PRIVILEGES FOR ROLE vaultcraft_owner IN SCHEMA public
    GRANT USAGE, SELECT ON SEQUENCES TO vaultcraft_app;
ALTER DEFAULT PRIVILEGES FOR ROLE vaultcraft_owner IN SCHEMA public
    GRANT SELECT ON TABLES TO vaultcraft_auditor;
ALTER DEFAULT PRIVILEGES FOR ROLE vaultcraft_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
"""
GRANTS = SCHEMA_GRANTS + DEFAULT_PRIVILEGES


@dataclass(frozen=True, kw_only=True)
class RolePasswords:
    """One password per role."""

    owner: str
    app: str
    auditor: str


def bootstrap(*, superuser_url: str, database: str, passwords: RolePasswords) -> None:
    """Create what is missing and set what may have changed.

    `superuser_url` leads to any database of the cluster; the grants go into `database`.
    """
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        roles = {OWNER: passwords.owner, APP: passwords.app, AUDITOR: passwords.auditor}
        for role, password in roles.items():
            _ensure_role(connection, role=role, password=password)
        _ensure_database(connection, database=database)
    with psycopg.connect(superuser_url, dbname=database, autocommit=True) as connection:
        connection.execute(GRANTS)


def _ensure_role(connection: psycopg.Connection, *, role: str, password: str) -> None:
    """Create a role, or give an old one its attributes and password."""
    known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
    connection.execute(
        sql.SQL("{verb} ROLE {role} WITH {attributes} PASSWORD {password}").format(
            verb=sql.SQL("ALTER" if known else "CREATE"),
            role=sql.Identifier(role),
            attributes=sql.SQL(ATTRIBUTES[role]),
            password=sql.Literal(password),
        )
    )


def _ensure_database(connection: psycopg.Connection, *, database: str) -> None:
    """Create the database, owned by the owner role, closed to everybody else."""
    name = sql.Identifier(database)
    known = connection.execute(
        "SELECT 1 FROM pg_database WHERE datname = %s", [database]
    ).fetchone()
    if not known:
        connection.execute(
            sql.SQL("CREATE DATABASE {} OWNER {}").format(name, sql.Identifier(OWNER))
        )
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM public").format(name))
    for role in ATTRIBUTES:
        connection.execute(
            sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(name, sql.Identifier(role))
        )
