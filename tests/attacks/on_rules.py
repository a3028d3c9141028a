"""Loosening the rules themselves: roles, triggers, functions, settings, names."""

from __future__ import annotations

from tests.attacks.forging import Attack, attack

_ENTRY = "not the owner of table ledger_entry"
_TABLES_OF_RULES = ("ledger_entry", "ledger_ledgeraccount", "ledger_hold", "ledger_books")

# What only an owner may do, said of any of our tables.
_ALTERATIONS = {
    "disables all triggers of": "ALTER TABLE {} DISABLE TRIGGER ALL",
    "switches row security off on": "ALTER TABLE {} DISABLE ROW LEVEL SECURITY",
    "frees the owner from row security on": "ALTER TABLE {} NO FORCE ROW LEVEL SECURITY",
    "drops the primary key of": "ALTER TABLE {} DROP CONSTRAINT {}_pkey",
    "adds a column to": "ALTER TABLE {} ADD COLUMN loot text",
    "takes": "ALTER TABLE {} OWNER TO vaultcraft_app",
    "renames": "ALTER TABLE {} RENAME TO loot",
    "drops": "DROP TABLE {} CASCADE",
}

ATTACKS: tuple[Attack, ...] = (
    *(
        attack(
            f"{what} {table}",
            statement.replace("{}", table),
            by=f"not the owner of table {table}",
        )
        for table in _TABLES_OF_RULES
        for what, statement in _ALTERATIONS.items()
    ),
    attack("disables the trigger that owns the balances",
           "ALTER TABLE ledger_entry DISABLE TRIGGER ledger_entries_apply", by=_ENTRY),
    attack("drops the trigger that owns the balances",
           "DROP TRIGGER ledger_entries_apply ON ledger_entry",
           by="not the owner of relation ledger_entry"),
    attack("hangs a trigger of its own on the entries",
           "CREATE TRIGGER loot BEFORE INSERT ON ledger_entry FOR EACH ROW"
           " EXECUTE FUNCTION vaultcraft_refuse_change()",
           by="no privilege on table ledger_entry"),
    attack("drops the floor of all accounts",
           "ALTER TABLE ledger_ledgeraccount DROP CONSTRAINT account_above_floor",
           by="not the owner of table ledger_ledgeraccount"),
    attack("drops a policy", "DROP POLICY ledger_entry_read ON ledger_entry",
           by="not the owner of relation ledger_entry"),
    attack("adds a policy that shows all", "CREATE POLICY all_mine ON ledger_entry USING (true)",
           by=_ENTRY),
    attack("rewrites inserts by a rule",
           "CREATE RULE loot AS ON INSERT TO ledger_entry DO INSTEAD NOTHING",
           by=_ENTRY),
    attack("drops an index", "DROP INDEX entry_version", by="not the owner of index entry_version"),
    attack("replaces the function that judges entries",
           "CREATE OR REPLACE FUNCTION ledger_apply_entries() RETURNS trigger LANGUAGE plpgsql"
           " AS 'BEGIN RETURN NULL; END'", by="no privilege on schema public"),
    attack("drops the function that judges entries",
           "DROP FUNCTION ledger_apply_entries() CASCADE",
           by="not the owner of function ledger_apply_entries"),
    attack("takes the rights away from the function that judges entries",
           "ALTER FUNCTION ledger_apply_entries() SECURITY INVOKER",
           by="not the owner of function ledger_apply_entries"),
    *(attack(f"calls {function} by itself", f"SELECT {function}()",
             by=f"no privilege on function {function}")
      for function in ("ledger_apply_entries", "ledger_apply_holds", "ledger_guard_period",
                       "ledger_open_books", "ledger_apply_clearing_cap")),
    attack("makes a function of the same name as one of the rules'",
           "CREATE FUNCTION public.vaultcraft_scope(x int) RETURNS text LANGUAGE sql"
           " RETURN 'platform'",
           by="no privilege on schema public"),
    attack("makes a table", "CREATE TABLE public.loot (id int)",
           by="no privilege on schema public"),
    attack("makes a view that would see all",
           "CREATE VIEW public.loot AS SELECT * FROM ledger_entry",
           by="no privilege on schema public"),
    attack("makes a schema", "CREATE SCHEMA loot", by="no privilege on the database"),
    attack("makes a temporary table that shadows the accounts",
           "CREATE TEMP TABLE ledger_ledgeraccount (id uuid)", by="no privilege"),
    attack("makes a temporary function that shadows the view",
           "CREATE FUNCTION pg_temp.vaultcraft_scope() RETURNS text LANGUAGE sql"
           " RETURN 'platform'",
           by="no privilege"),
    attack("switches all triggers off for the session",
           "SET session_replication_role = replica", by="no privilege"),
    attack("switches all triggers off by a function",
           "SELECT set_config('session_replication_role', 'replica', true)", by="no privilege"),
    attack("lets plpgsql prefer its own variables",
           "LOAD 'plpgsql'", "SET plpgsql.variable_conflict = use_variable", by="no privilege"),
    attack("becomes the owner", "SET ROLE vaultcraft_owner", by="no privilege"),
    attack("becomes the auditor", "SET ROLE vaultcraft_auditor", by="no privilege"),
    attack("becomes the owner of the session", "SET SESSION AUTHORIZATION vaultcraft_owner",
           by="no privilege"),
    attack("joins the owner", "GRANT vaultcraft_owner TO vaultcraft_app", by="no privilege"),
    attack("frees itself from row security", "ALTER ROLE vaultcraft_app BYPASSRLS",
           by="no privilege"),
    attack("gives itself a wider search path for good",
           "ALTER DATABASE postgres SET search_path = loot",
           by="not the owner of database postgres"),
    attack("makes a role", "CREATE ROLE loot SUPERUSER", by="no privilege"),
    attack("grants itself a column",
           "GRANT UPDATE (posted_minor) ON ledger_ledgeraccount TO vaultcraft_app",
           "UPDATE ledger_ledgeraccount SET posted_minor = 1",
           by="no privilege on table ledger_ledgeraccount"),
    attack("changes a setting of the server", "ALTER SYSTEM SET fsync = off",
           by="25001 ALTER SYSTEM cannot run inside a transaction block"),
    attack("reads a file of the server", "SELECT pg_read_file('/etc/passwd')",
           by="no privilege on function pg_read_file"),
    attack("runs a program on the server", "COPY ledger_currency TO PROGRAM 'id'",
           by="no privilege"),
    attack("reads the passwords of roles", "SELECT FROM pg_authid",
           by="no privilege on table pg_authid"),
    attack("prepares a transaction that keeps its locks for ever",
           "PREPARE TRANSACTION 'loot'", by="55000 prepared transactions are disabled"),
)  # fmt: skip
