"""A backup on disk: the archive, and the manifest that proves it whole."""

import datetime as dt
import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

from vaultcraft.embedded.secrets import write_private

DUMP, MANIFEST = "database.dump", "manifest.json"
FORMAT = 2
READABLE = (1, 2)  # the first did not say what the checker found


class BackupError(Exception):
    """A backup cannot be made or restored; the text says why, and that nothing was changed."""


@dataclass(frozen=True, kw_only=True)
class BooksState:
    """What the books showed: counts, and a hash over every account's balances and version."""

    accounts: int
    transactions: int
    entries: int
    balances_sha256: str


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What stands in `manifest.json`.

    `secrets` is a fingerprint of the installation's pepper: with another one, API keys and PINs of
    the backup are worthless. `findings` is what the checker found in the same snapshot, by pass;
    None when it could not look. `master_keys` are fingerprints of the keys that wrapped data keys.
    """

    made_at: str
    server_version: str
    bytes: int
    sha256: str
    books: BooksState
    secrets: str
    findings: dict[str, dict[str, object]] | None = None
    master_keys: list[str] = field(default_factory=list)
    format: int = FORMAT

    def write(self, directory: Path) -> None:
        """Write the manifest, mode 0600."""
        text = json.dumps(asdict(self), indent=2)
        write_private(path=directory / MANIFEST, text=text)

    @classmethod
    def read(cls, directory: Path) -> Self:
        """Read a manifest.

        :raises BackupError: there is none, or it is not one that we know how to read.
        """
        try:
            told = json.loads((directory / MANIFEST).read_text())
            if told["format"] not in READABLE:
                raise BackupError(f"{directory} is a backup of format {told['format']}, not ours.")
            return cls(**{**told, "books": BooksState(**told["books"])})
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BackupError(f"{directory} holds no readable {MANIFEST}: {error}") from None


def checked(directory: Path) -> Manifest:
    """Return the manifest of a backup whose archive is whole.

    :raises BackupError: something is missing, cut off or changed.
    """
    manifest = Manifest.read(directory)
    path = directory / DUMP
    if not path.is_file():
        raise BackupError(f"{path} is missing.")
    if path.stat().st_size != manifest.bytes or checksum(path) != manifest.sha256:
        raise BackupError(f"{path} is not the file that was written: its checksum differs.")
    return manifest


def checksum(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def stamp(now: dt.datetime) -> str:
    """Return an instant for names: `20261120T190000Z`."""
    return now.astimezone(dt.UTC).strftime("%Y%m%dT%H%M%SZ")


__all__ = ["DUMP", "BackupError", "BooksState", "Manifest", "checked", "checksum", "stamp"]
