"""Child processes: started tied to us, recorded by pid and start time, stopped for certain."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vaultcraft.embedded.secrets import write_private

LAUNCHER = Path(__file__).with_name("launch.py")
LOG_LIMIT_BYTES = 10_000_000
POLL_SECONDS = 0.05
LEFTOVER_WAIT_SECONDS = 8.0
RECORD_NAME = "processes.json"


@dataclass(frozen=True, kw_only=True)
class Program:
    """What to run. `launch_options` go to launch.py."""

    name: str
    command: Sequence[str]
    log_path: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_signal: signal.Signals = signal.SIGTERM
    hard_signal: signal.Signals = signal.SIGKILL
    launch_options: Sequence[str] = ()
    directory: Path | None = None


class Child:
    """A running program."""

    def __init__(self, *, program: Program) -> None:
        self.program = program
        self._process = _spawned(program)
        self.pid = self._process.pid
        self.started_ticks = start_ticks(self.pid)

    @property
    def running(self) -> bool:
        """Tell whether it still runs, burying it when it does not."""
        return self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """Return how it ended: negative is the signal that ended it."""
        return self._process.poll()

    def ask_to_stop(self, *, hard: bool = False) -> None:
        """Send the stop signal, or the hard one."""
        if self.running:
            self._process.send_signal(
                self.program.hard_signal if hard else self.program.stop_signal
            )

    def kill(self) -> None:
        """End it at once, with everything in its session."""
        if self.running:
            os.killpg(self.pid, signal.SIGKILL)
            self._process.wait()

    def log_tail(self, *, lines: int = 15) -> str:
        """Return the end of its log."""
        try:
            text = self.program.log_path.read_text(errors="replace")
        except FileNotFoundError:
            return ""
        return "\n".join(text.splitlines()[-lines:])


def stop_all(
    children: Sequence[Child], *, gentle_seconds: float, hard_seconds: float = 1.5
) -> None:
    """Stop programs side by side: politely, then hard, then for certain."""
    for hard, seconds in ((False, gentle_seconds), (True, hard_seconds)):
        for child in children:
            child.ask_to_stop(hard=hard)
        _wait_until_gone(children, seconds=seconds)
    for child in children:
        child.kill()


def record(children: Iterable[Child], *, run_dir: Path) -> None:
    """Write down who runs, for the next start to clean up after a `kill -9` of us."""
    rows = [
        {
            "name": child.program.name,
            "pid": child.pid,
            "started_ticks": child.started_ticks,
            "signal": int(child.program.stop_signal),
        }
        for child in children
    ]
    write_private(path=run_dir / RECORD_NAME, text=json.dumps(rows, indent=2))


def end_leftovers(*, run_dir: Path) -> list[str]:
    """Stop what an earlier start left running; only the very processes it recorded.

    Returns their names. A pid whose start time differs belongs to somebody else by now.
    """
    path = run_dir / RECORD_NAME
    rows = json.loads(path.read_text()) if path.exists() else []
    left = [row for row in rows if _is_same(row)]
    for number in ("signal", None):
        for row in left:
            if _is_same(row):
                os.kill(row["pid"], row[number] if number else signal.SIGKILL)
        deadline = time.monotonic() + LEFTOVER_WAIT_SECONDS
        while any(_is_same(row) for row in left) and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
    path.unlink(missing_ok=True)
    return [str(row["name"]) for row in left]


def start_ticks(pid: int) -> int | None:
    """Return when a process started, in clock ticks since boot; None when there is no such one."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = status.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else int(fields[19])


def _spawned(program: Program) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own, so that Ctrl-C reaches only us."""
    program.log_path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if program.log_path.exists() and program.log_path.stat().st_size > LOG_LIMIT_BYTES:
        program.log_path.replace(program.log_path.with_suffix(".log.1"))
    descriptor = os.open(program.log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        return subprocess.Popen(  # noqa: S603
            _launch_command(program),
            env={**os.environ, **program.environment},
            cwd=program.directory,
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
            start_new_session=True,
        )
    finally:
        os.close(descriptor)


def _launch_command(program: Program) -> list[str]:
    """Return the launcher's command line for a program."""
    ties = ["--signal", str(int(program.stop_signal)), "--parent", str(os.getpid())]
    launcher = [sys.executable, "-I", str(LAUNCHER)]
    return [*launcher, *ties, *program.launch_options, "--", *program.command]


def _wait_until_gone(children: Sequence[Child], *, seconds: float) -> None:
    """Wait until no child runs, or the time is up."""
    deadline = time.monotonic() + seconds
    while any(child.running for child in children) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)


def _is_same(row: Mapping[str, int]) -> bool:
    """Tell whether the recorded process still runs."""
    return start_ticks(row["pid"]) == row["started_ticks"] is not None
