"""The document tells the truth: schemathesis, no check disabled, against the running server.

A short run for every commit, as a program and as a person; the same settings serve longer ones.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_django.live_server_helper import LiveServer

from tests.world import PASSWORD, World

ROOT = Path(__file__).resolve().parent.parent.parent
SECONDS = 280


@pytest.mark.parametrize("seed", [1])
def test_as_a_program(server: LiveServer, world: World, tmp_path: Path, seed: int) -> None:
    environment = {"VAULTCRAFT_TOKEN": world.acme_key}
    _run(server, "schemathesis.toml", environment, tmp_path, seed=seed)


@pytest.mark.parametrize("seed", [2])
def test_as_the_owner(server: LiveServer, world: World, tmp_path: Path, seed: int) -> None:
    environment = {"VAULTCRAFT_EMAIL": world.alice.email, "VAULTCRAFT_PASSWORD": PASSWORD}
    _run(server, "schemathesis-person.toml", environment, tmp_path, seed=seed)


def _run(
    server: LiveServer, settings: str, environment: dict[str, str], work: Path, *, seed: int
) -> None:
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        *("--config-file", str(ROOT / settings)),
        *("run", f"{server.url}/api/v1/openapi.json"),
        *("--max-examples", "3", "--seed", str(seed), "--continue-on-failure"),
    ]
    done = subprocess.run(
        command,
        cwd=work,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-8_000:]
