"""Finding and ending processes by their ids, read from /proc."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterable, Iterator
from pathlib import Path


def kill(pids: Iterable[int]) -> None:
    """Send SIGKILL to each that still runs."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def children_of(parent: int) -> list[int]:
    """The processes that this one started and that still run."""
    return sorted(pid for pid, above in _parents() if above == parent)


def inside(directory: Path) -> list[int]:
    """The processes whose working directory this is: PostgreSQL's all work in their cluster."""
    found = []
    for pid, _ in _parents():
        with contextlib.suppress(OSError):
            if Path(f"/proc/{pid}/cwd").readlink() == directory:
                found.append(pid)
    return sorted(found)


def title_of(pid: int) -> str:
    """What the process calls itself; empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def postmaster_pid(cluster: Path) -> int | None:
    """PostgreSQL's first process, from the file it keeps in its cluster."""
    try:
        return int((cluster / "postmaster.pid").read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None


def _parents() -> Iterator[tuple[int, int]]:
    """Every process that is not a zombie, and its parent."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            if fields[0] not in "ZX":
                yield int(entry.name), int(fields[1])
