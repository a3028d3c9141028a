"""`python -m vaultcraft.backup make | restore`: see docs/runbook.md."""

import argparse
import datetime as dt
import sys
from pathlib import Path

from vaultcraft.backup.archive import BackupError, checked
from vaultcraft.backup.checking import Findings
from vaultcraft.backup.embedded import restore_beside
from vaultcraft.backup.installation import installation
from vaultcraft.backup.restoring import restore_into
from vaultcraft.backup.taking import take_backup
from vaultcraft.embedded.places import AlreadyRunning
from vaultcraft.embedded.postgres import CannotStart
from vaultcraft.supervisor.programs import data_dir_of_environment


def main() -> int:
    """Do what is asked; return the exit code."""
    options = _options()
    now = dt.datetime.now(dt.UTC)
    try:
        if options.command == "make":
            _make(to=options.to, now=now)
        else:
            _restore(
                backup=options.backup,
                force=options.force,
                accept_findings=options.accept_findings,
                now=now,
            )
    except AlreadyRunning as running:
        say(f"VaultCraft runs on this data directory ({running}). Stop it first.")
    except (BackupError, CannotStart) as reason:
        say(str(reason))
    else:
        return 0
    return 1


def say(text: str) -> None:
    """Print for the operator, at once."""
    print(text, flush=True)  # noqa: T201


def _make(*, to: Path, now: dt.datetime) -> None:
    """Make a backup and read it once more."""
    data_dir = data_dir_of_environment()
    with installation(data_dir=data_dir, alone=False) as here:
        made = take_backup(
            environment=here.environment,
            auditor_url=here.url("DATABASE_AUDITOR_URL"),
            to=to,
            secrets=here.secrets,
            master_keys=here.master_keys,
            now=now,
        )
    manifest = checked(made)
    books = manifest.books
    say(
        f"{made}: {manifest.bytes:,} bytes, {books.accounts:,} accounts,"
        f" {books.entries:,} entries.\n"
        f"Secrets are not in it: keep {data_dir / 'secrets.json'} (or the variables you set"
        " instead) somewhere else, or API keys and PINs are lost with this machine."
    )
    if manifest.findings is None:
        say("Note: the checker could not look, so the backup does not say whether the books stand.")
    elif manifest.findings:
        say("Note: these books do not stand. The findings are in the manifest:")
        for line in Findings.of_manifest(manifest.findings).lines():
            say(f"  {line}")


def _restore(*, backup: Path, force: bool, accept_findings: bool, now: dt.datetime) -> None:
    """Check the backup before anything is touched, then restore it."""
    manifest = checked(backup)
    with installation(data_dir=data_dir_of_environment(), alone=True) as here:
        if here.secrets != manifest.secrets:
            say(
                "Note: this installation's pepper is not the one of the backup. People sign in"
                " with their passwords as before; API keys and PINs must be issued anew."
            )
        if not set(manifest.master_keys) <= set(here.master_keys):
            say(
                "Note: this installation lacks a master key of the backup. What is encrypted in it"
                " (phones, account numbers, documents, second factors) stays unreadable without"
                " VAULTCRAFT_MASTER_KEYS as it was then."
            )
        if here.servers is None:
            said = restore_into(
                backup=backup,
                manifest=manifest,
                environment=here.urls,
                accept_findings=accept_findings,
            )
            kept = None
        else:
            said, kept = restore_beside(
                installation=here,
                servers=here.servers,
                backup=backup,
                manifest=manifest,
                force=force,
                accept_findings=accept_findings,
                now=now,
            )
    say(said)
    say(
        "Note: audit records are not sealed until somebody says that this copy goes on:"
        " `manage.py begin_heads --reason ...`, see the runbook."
    )
    say(f"Restored: {manifest.books.entries:,} entries as of {manifest.made_at}.")
    if kept:
        say(f"The database before is kept as {kept}; drop it when nobody misses it.")


def _options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m vaultcraft.backup", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    make = commands.add_parser("make", help="write a backup")
    make.add_argument("--to", type=Path, required=True, help="the directory of backups")
    restore = commands.add_parser("restore", help="put a backup back")
    restore.add_argument("backup", type=Path, help="the directory of one backup")
    restore.add_argument("--force", action="store_true", help="put a database in use aside")
    restore.add_argument(
        "--accept-findings", action="store_true", help="also what the checker did not find before"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
