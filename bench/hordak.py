"""The peer: django-hordak's `Account.transfer_to`, one process, in its own environment."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from bench.cluster import ROOT, Cluster

DATABASE = "hordak"
_HERE = Path(__file__).resolve().parent
_VENV = _HERE / ".venv-hordak"
_REQUIREMENTS = _HERE / "peer" / "requirements.txt"


class Hordak:
    """A process of the peer that runs when it is told to."""

    def __init__(self, cluster: Cluster) -> None:
        _install()
        cluster.create_database(DATABASE)
        parts = urlsplit(cluster.servers.superuser_url)
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        environment = {
            **kept,
            "PEER_DATABASE": DATABASE,
            "PEER_USER": parts.username or "",
            "PEER_PASSWORD": cluster.servers.secrets.superuser_password,
            "PEER_HOST": parse_qs(parts.query)["host"][0],
            "DJANGO_SETTINGS_MODULE": "bench.peer.settings",
        }
        self._process = subprocess.Popen(  # noqa: S603
            [str(_VENV / "bin" / "python"), "-m", "bench.peer.load"],
            env=environment,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._answer()

    def run(self, *, seconds: float) -> float:
        """Transfers a second over a short run."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{seconds}\n")
        self._process.stdin.flush()
        return float(self._answer())

    def close(self) -> None:
        """Let the process end."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=10)

    def _answer(self) -> str:
        assert self._process.stdout is not None
        answer = str(self._process.stdout.readline()).strip()
        if not answer:
            raise RuntimeError("the process of django-hordak ended")
        return answer


def _install() -> None:
    """Make the peer's environment when its requirements have changed."""
    stamp = _VENV / ".installed"
    wanted = _REQUIREMENTS.read_text()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    _run(sys.executable, "-m", "venv", "--clear", str(_VENV))
    pip = [str(_VENV / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    _run(*pip, "--disable-pip-version-check", "--require-hashes", "-r", str(_REQUIREMENTS))
    stamp.write_text(wanted)


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed:\n{done.stderr[-3000:]}")
