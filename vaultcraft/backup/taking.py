"""Making a backup: one snapshot, the archive, the manifest, and only then the name."""

import datetime as dt
import shutil
from collections.abc import Mapping
from pathlib import Path

import psycopg

from vaultcraft.backup.archive import DUMP, BackupError, Manifest, checksum, stamp
from vaultcraft.backup.checking import findings_of
from vaultcraft.backup.postgres import books_state, run


def take_backup(
    *,
    environment: Mapping[str, str],
    auditor_url: str,
    to: Path,
    secrets: str,
    master_keys: list[str],
    now: dt.datetime,
) -> Path:
    """Write a backup below a directory and return its path; writers are not held up.

    The archive, the figures and the findings of the manifest are of the same snapshot. Books that
    do not stand are saved like others: that is when a backup is evidence.

    :param environment: what management commands need, for the checker.
    :param secrets: the fingerprint of the installation's pepper.
    :param master_keys: the fingerprints of its master keys.
    :raises BackupError: the database cannot be read whole, or the directory not be written.
    """
    final = to / f"vaultcraft-{stamp(now)}"
    if final.exists():
        raise BackupError(f"{final} exists already.")
    half = final.with_name(f".{final.name}.half")
    shutil.rmtree(half, ignore_errors=True)
    try:
        to.mkdir(parents=True, exist_ok=True, mode=0o700)
        half.mkdir(mode=0o700)
        manifest = _dumped(
            environment=environment,
            auditor_url=auditor_url,
            half=half,
            secrets=secrets,
            master_keys=master_keys,
            now=now,
        )
        manifest.write(half)
        half.rename(final)
    except (OSError, psycopg.Error) as error:
        raise BackupError(f"No backup was made: {error}") from None
    finally:
        shutil.rmtree(half, ignore_errors=True)
    return final


def _dumped(
    *,
    environment: Mapping[str, str],
    auditor_url: str,
    half: Path,
    secrets: str,
    master_keys: list[str],
    now: dt.datetime,
) -> Manifest:
    """Write the archive and return what to say of it."""
    path = half / DUMP
    with psycopg.connect(auditor_url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        books = books_state(connection)
        row = connection.execute("SELECT pg_export_snapshot()").fetchone()
        assert row is not None
        run("pg_dump", "--format=custom", f"--snapshot={row[0]}", f"--file={path}", url=auditor_url)
        findings = findings_of(environment=environment, snapshot=row[0])
        version = connection.info.parameter_status("server_version") or ""
    return Manifest(
        made_at=now.isoformat(),
        server_version=version,
        bytes=path.stat().st_size,
        sha256=checksum(path),
        books=books,
        secrets=secrets,
        master_keys=master_keys,
        findings=None if findings is None else findings.for_manifest(),
    )
