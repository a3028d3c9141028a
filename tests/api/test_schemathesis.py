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

from accounts.services.devices import met_device
from api.schema.document import schema_bytes
from kernel import clock
from kernel.ids import encode
from tests.world import PASSWORD, World, colleague

ROOT = Path(__file__).resolve().parent.parent.parent
SECONDS = 900

pytestmark = pytest.mark.timeout(SECONDS + 20)


def test_as_a_program(server: LiveServer, world: World, tmp_path: Path) -> None:
    environment = {"VAULTCRAFT_TOKEN": world.acme_key}
    _run(server, "schemathesis.toml", environment, tmp_path, "--max-examples", "2")


def test_as_a_member(server: LiveServer, world: World, tmp_path: Path) -> None:
    """On a known device, so that the tool is let in again without a second step.

    Without the phase of boundary values, which asks the same whoever sends it.
    """
    member = colleague(world, "mia", "member")
    device, token = met_device(
        actor=world.actor(member), user=member, token=None, user_agent="", now=clock.now()
    )
    environment = {
        "VAULTCRAFT_EMAIL": member.email,
        "VAULTCRAFT_PASSWORD": PASSWORD,
        "VAULTCRAFT_DEVICE": token or "",
        "VAULTCRAFT_DEVICE_ID": encode("dev", device.id),
        "SCHEMATHESIS_HOOKS": "tests.api.schemathesis_hooks",
        "PYTHONPATH": str(ROOT),
    }
    phases = ("--phases", "examples,fuzzing,stateful", "--max-examples", "3")
    _run(server, "schemathesis-person.toml", environment, tmp_path, *phases)


def _run(
    server: LiveServer, settings: str, environment: dict[str, str], work: Path, *options: str
) -> None:
    schema_bytes()  # made once for each process, so that the tool's patience is not tried
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        *("--config-file", str(ROOT / settings)),
        *("run", f"{server.url}/api/v1/openapi.json"),
        *("--seed", "1", "--workers", "4", "--continue-on-failure", *options),
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
