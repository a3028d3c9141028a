"""Restoring into our own PostgreSQL: beside the present database, which is replaced last."""

import datetime as dt
from pathlib import Path

import psycopg
from psycopg import sql

from vaultcraft.backup.archive import BackupError, Manifest, stamp
from vaultcraft.backup.installation import Installation
from vaultcraft.backup.postgres import is_empty, with_database
from vaultcraft.backup.restoring import restore_into
from vaultcraft.embedded.bootstrap import RolePasswords, bootstrap
from vaultcraft.embedded.postgres import DATABASE
from vaultcraft.embedded.servers import EmbeddedServers

BESIDE = f"{DATABASE}_restoring"


def restore_beside(
    *,
    installation: Installation,
    servers: EmbeddedServers,
    backup: Path,
    manifest: Manifest,
    force: bool,
    accept_findings: bool,
    now: dt.datetime,
) -> tuple[str, str | None]:
    """Restore into a new database, and give it the name of the present one once it is proven.

    :param force: whether a database that is not empty may be put aside.
    :param accept_findings: see `restore_into`.
    :return: how the books stand; and the name under which the present database is kept, when it
        was not empty.
    :raises BackupError: the restore failed; the present database is as it was.
    """
    empty = is_empty(installation.urls["DATABASE_OWNER_URL"])
    if not empty and not force:
        raise BackupError(
            "The database is not empty, and nothing was changed. FORCE=1 puts it aside."
        )
    secrets = servers.secrets
    _execute(servers, sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)"), BESIDE)
    bootstrap(
        superuser_url=servers.superuser_url,
        database=BESIDE,
        passwords=RolePasswords(
            owner=secrets.owner_password,
            app=secrets.app_password,
            auditor=secrets.auditor_password,
        ),
    )
    urls = {name: with_database(url, BESIDE) for name, url in installation.urls.items()}
    try:
        environment = {**installation.environment, **urls}
        said = restore_into(
            backup=backup,
            manifest=manifest,
            environment=environment,
            accept_findings=accept_findings,
        )
    except BaseException:
        _execute(servers, sql.SQL("DROP DATABASE {} WITH (FORCE)"), BESIDE)
        raise
    return said, _exchanged(servers, empty=empty, now=now)


def _exchanged(servers: EmbeddedServers, *, empty: bool, now: dt.datetime) -> str | None:
    """Let the restored database take the name; the one before is dropped if empty, else kept."""
    rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    kept = None if empty else f"{DATABASE}_before_{stamp(now).lower()}"
    if kept is None:
        _execute(servers, sql.SQL("DROP DATABASE {} WITH (FORCE)"), DATABASE)
    else:
        _execute(servers, rename, DATABASE, kept)
    _execute(servers, rename, BESIDE, DATABASE)
    return kept


def _execute(servers: EmbeddedServers, statement: sql.SQL, *names: str) -> None:
    """Run a statement about databases, as the superuser."""
    with psycopg.connect(servers.superuser_url, autocommit=True) as connection:
        connection.execute(statement.format(*map(sql.Identifier, names)))
