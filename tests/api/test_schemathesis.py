"""The document tells the truth: schemathesis, no check disabled, against the running server.

A short run for every commit, as a program and as an owner; the same settings serve longer ones.
"""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_django.live_server_helper import LiveServer

from accounts.choices import FactorMethod
from accounts.models import Network, SignInSession
from accounts.services.sessions import open_session
from api.schema.document import schema_bytes
from kernel import clock
from kernel.context import reading
from kernel.ids import encode
from tests.database import all_seeing
from tests.proof import settle
from tests.world import World

ROOT = Path(__file__).resolve().parent.parent.parent
SECONDS = 900
HOOKS = {"SCHEMATHESIS_HOOKS": "tests.api.schemathesis_parsing", "PYTHONPATH": str(ROOT)}

pytestmark = pytest.mark.timeout(SECONDS + 20)


def test_as_a_program(server: LiveServer, world: World, tmp_path: Path) -> None:
    _run(server, {"VAULTCRAFT_TOKEN": world.acme_key}, tmp_path, "--max-examples", "2")


def test_as_an_owner(server: LiveServer, world: World, tmp_path: Path) -> None:
    """Who has just proven a second factor: no role and no step-up stands before an operation.

    Without the phase of boundary values, which asks the same whoever sends it.
    """
    alice = dataclasses.replace(world.actor(world.alice), ip="127.0.0.1")
    opened, other = (
        open_session(actor=alice, now=clock.now(), second_factor=FactorMethod.TOTP)
        for _ in range(2)
    )
    settle(opened.session_id)
    settle(other.session_id)
    with reading(alice):
        network = Network.objects.get(user=world.alice, prefix="127.0.0.1/32")
    environment = {
        "VAULTCRAFT_TOKEN": opened.access,
        "VAULTCRAFT_OTHER_TOKEN": other.access,
        "VAULTCRAFT_OWN_IDS": " ".join(
            [
                encode("ses", opened.session_id),
                encode("net", network.id),
                encode("usr", world.alice.id),
            ]
        ),
        "SCHEMATHESIS_HOOKS": "tests.api.schemathesis_hooks",
    }
    phases = ("--phases", "examples,fuzzing,stateful", "--max-examples", "3")
    _run(server, environment, tmp_path, *phases)
    with all_seeing():
        session = SignInSession.objects.get(id=opened.session_id)
    assert session.revoked_at is None, "the tool signed itself out, and tried nothing from then on"


def _run(server: LiveServer, environment: dict[str, str], work: Path, *options: str) -> None:
    schema_bytes()  # made once for each process, so that the tool's patience is not tried
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        *("--config-file", str(ROOT / "schemathesis.toml")),
        *("run", f"{server.url}/api/v1/openapi.json"),
        *("--seed", "1", "--workers", "4", "--continue-on-failure", *options),
    ]
    done = subprocess.run(
        command,
        cwd=work,
        env={**os.environ, **HOOKS, **environment},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-8_000:]
