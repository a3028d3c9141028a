"""A real gunicorn with the product's configuration, for what Django's test client cannot see."""

from __future__ import annotations

import dataclasses
import http.client
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vaultcraft.embedded.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 120.0


@dataclasses.dataclass(frozen=True, slots=True)
class WebServer:
    """Where it listens, and what it has written."""

    port: int
    written: Path

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Any:
        """The answer to a request; its body is in `said`."""
        return self.ask("GET", path, headers=headers)

    def ask(
        self,
        method: str,
        path: str,
        *,
        body: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """The answer to a request; its body is in `said`."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request(method, path, body, dict(headers or {}))
        answer: Any = connection.getresponse()
        answer.said = answer.read()
        connection.close()
        return answer

    def log(self) -> list[dict[str, Any]]:
        """The events it has logged."""
        lines = self.written.read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]


@contextmanager
def serving(application: str, environment: Mapping[str, str]) -> Iterator[WebServer]:
    """One worker that serves the application on loopback, and its end."""
    port = free_port()
    own = {"VAULTCRAFT_BIND": f"127.0.0.1:{port}", "VAULTCRAFT_WEB_WORKERS": "1"}
    program = [sys.executable, "-m", "gunicorn", "-c", "vaultcraft/gunicorn_config.py"]
    with tempfile.TemporaryDirectory() as directory:
        written = Path(directory) / "log"
        with written.open("w") as out:
            process = subprocess.Popen(
                [*program, application],
                cwd=ROOT,
                env={**environment, **own},
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        server = WebServer(port, written)
        try:
            _wait_for(server)
            yield server
        finally:
            process.terminate()
            process.wait(timeout=20)


def _wait_for(server: WebServer) -> None:
    give_up = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < give_up:
        try:
            server.ask("GET", "/healthz")
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"gunicorn does not start: {server.written.read_text()}")
