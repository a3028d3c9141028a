"""Which databases a backup is of: those of the environment, of a running `make up`, or our own."""

import contextlib
import hashlib
import hmac
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from vaultcraft.backup.archive import BackupError
from vaultcraft.embedded.handover import adopt_environment
from vaultcraft.embedded.places import AlreadyRunning, DataDirLock
from vaultcraft.embedded.processes import end_leftovers
from vaultcraft.embedded.servers import EmbeddedServers

URLS = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_AUDITOR_URL")


@dataclass(frozen=True, kw_only=True)
class Installation:
    """Its addresses and secrets; `servers` when PostgreSQL is ours and nobody else uses it."""

    environment: Mapping[str, str]
    servers: EmbeddedServers | None = None

    @property
    def urls(self) -> dict[str, str]:
        """Return the addresses of the three roles.

        :raises BackupError: one of them is unknown.
        """
        return {name: self.url(name) for name in URLS}

    def url(self, name: str) -> str:
        """Return the address in one of the variables.

        :raises BackupError: it is unknown.
        """
        found = self.environment.get(name)
        if not found:
            raise BackupError(f"Set {name} too.")
        return found

    @property
    def secrets(self) -> str:
        """Return a fingerprint that tells whether two installations share their pepper."""
        pepper = self.environment.get("VAULTCRAFT_PEPPER", "").encode()
        return _fingerprint(pepper)

    @property
    def master_keys(self) -> list[str]:
        """Return a fingerprint of each master key: without them nothing encrypted can be read."""
        listed = json.loads(self.environment.get("VAULTCRAFT_MASTER_KEYS") or "[]")
        return sorted(_fingerprint(str(one["key"]).encode()) for one in listed)


def _fingerprint(secret: bytes) -> str:
    """Return 16 characters that tell secrets apart and say nothing about them."""
    return hmac.new(secret, b"vaultcraft backup", hashlib.sha256).hexdigest()[:16]


@contextlib.contextmanager
def installation(*, data_dir: Path, alone: bool) -> Iterator[Installation]:
    """Give the databases; starts the servers of the data directory when they do not run.

    :param alone: whether nobody else may be using the data directory.
    :raises AlreadyRunning: somebody does.
    :raises CannotStart: PostgreSQL does not come up.
    """
    if "DATABASE_URL" in os.environ:
        yield Installation(environment=os.environ)
        return
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(DataDirLock(data_dir=data_dir))
        except AlreadyRunning:
            if alone:
                raise
            adopt_environment(data_dir=data_dir)
            yield Installation(environment=os.environ)
            return
        end_leftovers(run_dir=data_dir / "run")
        servers = stack.enter_context(EmbeddedServers(data_dir=data_dir))
        yield Installation(environment=servers.environment, servers=servers)
