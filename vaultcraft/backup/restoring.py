"""Putting a backup back into an empty database, whole or not at all."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import LiteralString

import psycopg

from vaultcraft.backup.archive import DUMP, BackupError, Manifest
from vaultcraft.backup.checking import Findings, findings_of, verdict
from vaultcraft.backup.postgres import books_state, is_empty, run
from vaultcraft.embedded.bootstrap import DEFAULT_PRIVILEGES
from vaultcraft.supervisor.programs import ROOT

# An archive grants, it does not revoke: what tables are born with here would stay on top of what
# they had. The archive brings the default privileges along, as its last step.
_BORN_BARE = """
ALTER DEFAULT PRIVILEGES IN SCHEMA public
    REVOKE ALL ON TABLES FROM vaultcraft_app, vaultcraft_auditor;
ALTER DEFAULT PRIVILEGES IN SCHEMA public
    REVOKE ALL ON SEQUENCES FROM vaultcraft_app, vaultcraft_auditor;
ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO PUBLIC;
"""
# The relay and the sealing of evidence read in the order of the transactions that wrote, as this
# server counts transactions. Another server's numbers mean nothing here and may lie in the future;
# what was restored is simply older than everything else. The order within is kept by `sequence`.
# What was published is known by the old numbers alone, so it is settled here, before they go: it
# lies below the line the relay begins at, what waited above. `vaultcraft_outbox_moved` has nothing
# left to settle then, on this server or another. Backups older than the relay published nothing.
# Records that are not sealed yet are sealed next: they lie above the line, the others below.
WHAT_CAME_IS_OLD = """
ALTER TABLE events_outboxevent DISABLE TRIGGER USER;
ALTER TABLE events_outboxevent NO FORCE ROW LEVEL SECURITY;
DO $$ BEGIN
    IF to_regclass('events_relaycursor') IS NULL THEN
        UPDATE events_outboxevent SET commit_xid = '3'::xid8;
    ELSE
        UPDATE events_outboxevent o SET commit_xid = CASE
            WHEN o.sequence <= c.highest
                AND (pg_visible_in_snapshot(o.commit_xid, c.since)
                    OR (c.until IS NOT NULL AND o.sequence <= c.position
                        AND pg_visible_in_snapshot(o.commit_xid, c.until)))
            THEN '3'::xid8 ELSE '4'::xid8 END
        FROM events_relaycursor c WHERE c.name = 'events';
        UPDATE events_relaycursor SET cluster = '', since = '4:4:', until = NULL, position = 0
            WHERE name = 'events';
    END IF;
END $$;
ALTER TABLE events_outboxevent FORCE ROW LEVEL SECURITY;
ALTER TABLE events_outboxevent ENABLE TRIGGER USER;

DO $$ BEGIN
    IF to_regclass('audit_auditseal') IS NOT NULL THEN -- older backups have no seals
        ALTER TABLE audit_auditrecord DISABLE TRIGGER USER;
        ALTER TABLE audit_auditrecord NO FORCE ROW LEVEL SECURITY;
        ALTER TABLE audit_auditseal DISABLE TRIGGER USER;
        UPDATE audit_auditrecord r SET commit_xid = CASE
            WHEN EXISTS (SELECT FROM (SELECT unnest(sequences) AS sequence FROM audit_auditseal) m
                         WHERE m.sequence = r.sequence) THEN '2'::xid8 ELSE '3'::xid8 END;
        IF to_regclass('audit_auditchain') IS NULL THEN -- seals did not sign how far they go
            UPDATE audit_auditseal SET up_to = '3'::xid8;
        ELSE
            ALTER TABLE audit_auditchain DISABLE TRIGGER USER;
            UPDATE audit_auditchain SET line = '3'::xid8 WHERE number > 0;
            ALTER TABLE audit_auditchain ENABLE TRIGGER USER;
        END IF;
        ALTER TABLE audit_auditseal ENABLE TRIGGER USER;
        ALTER TABLE audit_auditrecord FORCE ROW LEVEL SECURITY;
        ALTER TABLE audit_auditrecord ENABLE TRIGGER USER;
    END IF;
END $$;
"""


def restore_into(
    *, backup: Path, manifest: Manifest, environment: Mapping[str, str], accept_findings: bool
) -> str:
    """Fill an empty database, as its owner in one transaction, and prove it equal.

    Roles and the database's own grants must be there already. Afterwards every balance is compared
    with the manifest; then newer migrations run, and the checker: what it found before, it may find
    again.

    :param environment: what management commands need: the three `DATABASE_..._URL` and the rest.
    :param accept_findings: whether findings that the saved books did not show are taken, too.
    :return: how the books stand.
    :raises BackupError: the database is not empty, or what came out is not what went in.
    """
    owner_url, auditor_url = (
        environment["DATABASE_OWNER_URL"],
        environment["DATABASE_AUDITOR_URL"],
    )
    if not is_empty(owner_url):
        raise BackupError("The database is not empty. Nothing was changed.")
    _fill(backup / DUMP, owner_url=owner_url)
    with psycopg.connect(auditor_url) as auditor:
        found = books_state(auditor)
    if found != manifest.books:
        raise BackupError(f"The books differ: {manifest.books} was saved, {found} came back.")
    _manage("migrate", "--verbosity", "0", environment=environment)
    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute("ANALYZE")
    return verdict(
        now=findings_of(environment=environment),
        before=Findings.of_manifest(manifest.findings),
        accept=accept_findings,
    )


def _fill(dump: Path, *, owner_url: str) -> None:
    """Restore the archive in one transaction; default privileges are as before if that fails.

    :raises BackupError: PostgreSQL refused some of it, so all of it.
    """
    _execute(owner_url, _BORN_BARE)
    try:
        run("pg_restore", "--exit-on-error", "--single-transaction", str(dump), url=owner_url)
    except BackupError:
        _execute(owner_url, DEFAULT_PRIVILEGES)
        raise
    _execute(owner_url, WHAT_CAME_IS_OLD)


def _execute(url: str, statements: LiteralString) -> None:
    """Run statements in one transaction."""
    with psycopg.connect(url) as connection:
        connection.execute(statements)


def _manage(*arguments: str, environment: Mapping[str, str]) -> None:
    """Run a management command in front of the operator.

    :raises BackupError: it failed.
    """
    done = subprocess.run(  # noqa: S603
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        check=False,
    )
    if done.returncode:
        raise BackupError(f"`manage.py {arguments[0]}` failed on the restored database.")
