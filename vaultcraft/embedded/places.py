"""Where a local installation keeps its things, and the one process that may use them."""

import fcntl
import hashlib
import os
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

SOCKET_PATH_LIMIT = 107  # sun_path of unix(7), without the final zero
SOCKET_NAME = ".s.PGSQL.5432.lock"
LOCK_WAIT_SECONDS = 15.0
STOPPING = "stopping"


class AlreadyRunning(Exception):
    """Another process uses this data directory."""


@dataclass(frozen=True, kw_only=True)
class Places:
    """Paths below one data directory."""

    data_dir: Path

    @property
    def run_dir(self) -> Path:
        """What lives only while the servers run."""
        return self.data_dir / "run"

    @property
    def logs_dir(self) -> Path:
        """One log file per process."""
        return self.data_dir / "logs"

    @property
    def socket_dir(self) -> Path:
        """Where PostgreSQL's socket is: the data directory, unless the path gets too long."""
        if len(str(self.run_dir / SOCKET_NAME)) < SOCKET_PATH_LIMIT:
            return self.run_dir
        digest = hashlib.sha256(str(self.data_dir).encode()).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"vaultcraft-{os.getuid()}-{digest}"

    def make(self) -> None:
        """Create the directories, closed to everybody else.

        :raises PermissionError: the socket directory exists and is somebody else's.
        """
        for directory in (self.data_dir, self.run_dir, self.logs_dir, self.socket_dir):
            directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            if os.getuid() == 0:  # a start that was killed may have left it to PostgreSQL's user
                os.chown(directory, 0, -1)
            if directory.stat().st_uid != os.getuid():
                raise PermissionError(f"{directory} belongs to another user")
        self.data_dir.chmod(0o700)

    def clear(self) -> None:
        """Remove what lives only while the servers run."""
        shutil.rmtree(self.run_dir, ignore_errors=True)
        if self.socket_dir != self.run_dir:
            shutil.rmtree(self.socket_dir, ignore_errors=True)


class DataDirLock:
    """Held by the one process that uses a data directory; the kernel frees it with the process.

    The file says who holds it, and `stopping` once the holder is on its way out: then the next one
    waits a little instead of refusing.
    """

    def __init__(self, *, data_dir: Path) -> None:
        self._path = data_dir / "lock"
        self._descriptor = -1

    def __enter__(self) -> Self:
        """Take the lock.

        :raises AlreadyRunning: somebody else holds it and is not about to let go.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        deadline = time.monotonic() + LOCK_WAIT_SECONDS
        while not self._taken():
            holder = self._holder()
            if not holder.endswith(STOPPING) or time.monotonic() > deadline:
                raise AlreadyRunning(holder)
            time.sleep(0.2)
        self._say(f"process {os.getpid()}")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Let go, and leave no file."""
        self._path.unlink(missing_ok=True)
        os.close(self._descriptor)

    def announce_stop(self) -> None:
        """Tell whoever comes next that waiting is worth it."""
        self._say(f"process {os.getpid()} {STOPPING}")

    def _taken(self) -> bool:
        """Try once; a file that was removed while we waited for it is nobody's lock."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(descriptor).st_ino == self._path.stat().st_ino:
                self._descriptor = descriptor
                return True
        except (BlockingIOError, FileNotFoundError):
            pass
        os.close(descriptor)
        return False

    def _holder(self) -> str:
        """Return what the holder wrote."""
        try:
            return self._path.read_text().strip() or "another process"
        except FileNotFoundError:
            return STOPPING

    def _say(self, text: str) -> None:
        """Write who we are into the file."""
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, text.encode(), 0)
