"""PostgreSQL's own programs on one database, and what the books in it show."""

import os
import subprocess

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from vaultcraft.backup.archive import BackupError, BooksState
from vaultcraft.embedded.postgres import binary

LAST_WORDS = 2_000
_BOOKS = """
SELECT count(*), (SELECT count(*) FROM ledger_transaction), (SELECT count(*) FROM ledger_entry),
       encode(sha256(convert_to(coalesce(
           string_agg(concat_ws(' ', id, posted_minor, held_minor, version), ';' ORDER BY id), ''
       ), 'UTF8')), 'hex')
FROM ledger_ledgeraccount
"""


def books_state(connection: psycopg.Connection) -> BooksState:
    """Return what the books show; the role must see every row."""
    row = connection.execute(_BOOKS).fetchone()
    assert row is not None
    return BooksState(accounts=row[0], transactions=row[1], entries=row[2], balances_sha256=row[3])


def run(program: str, *arguments: str, url: str) -> str:
    """Run `pg_dump` or `pg_restore` on a database; return what it said.

    The password travels in the environment: command lines are visible to everybody.

    :raises BackupError: it failed; with its last words.
    """
    parts = {name: str(value) for name, value in conninfo_to_dict(url).items() if value is not None}
    password = parts.pop("password", None)
    done = subprocess.run(  # noqa: S603
        [str(binary(program)), f"--dbname={make_conninfo(**parts)}", "--no-password", *arguments],
        env={**os.environ, **({"PGPASSWORD": password} if password else {})},
        capture_output=True,
        text=True,
        errors="replace",
        umask=0o077,
        check=False,
    )
    if done.returncode:
        raise BackupError(f"{program} failed:\n{done.stderr[-LAST_WORDS:].strip()}")
    return done.stderr


def is_empty(url: str) -> bool:
    """Tell whether a database has no table of ours or anybody's yet."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        ).fetchone()
    return row == (0,)


def with_database(url: str, name: str) -> str:
    """Return an address with another database."""
    return make_conninfo(url, dbname=name)
