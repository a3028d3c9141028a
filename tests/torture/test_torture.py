"""The short version of `make torture`, and what is left behind when the driver itself is killed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.torture import processes
from vaultcraft.embedded.processes import start_ticks
from vaultcraft.supervisor.programs import ROOT

# With this seed the first rounds kill the postmaster, a backend, both web workers and NATS.
SEED = 21_583
ROUNDS = 5
SECONDS = 14
LIMIT_SECONDS = 240
GONE_SECONDS = 20.0


def test_money_survives_what_kills_the_processes():
    done = subprocess.run(
        [*_command(), "--rounds", str(ROUNDS), "--seconds", str(SECONDS), "--clients", "6"],
        cwd=ROOT,
        env=_environment(),
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )
    print(done.stdout)  # noqa: T201 - with the seed, for whoever wants to see it again
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no findings" in done.stdout


@pytest.fixture
def driver() -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        _command(), cwd=ROOT, env=_environment(), stdout=subprocess.PIPE, text=True
    )
    yield process
    process.kill()
    process.wait()


def test_a_killed_driver_leaves_no_process_behind(driver):
    said = ""
    while "the stack is up" not in said:
        line = driver.stdout.readline()
        assert line, said
        said += line
    left = {pid: start_ticks(pid) for pid in _descendants(driver.pid)}
    assert len(left) > 10, "PostgreSQL, Valkey and gunicorn with their children"

    driver.kill()
    driver.wait()

    deadline = time.monotonic() + GONE_SECONDS
    while (alive := _alive(left)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not [processes.title_of(pid) for pid in alive]
    found = re.search(r"journal, logs and cluster: (/\S+)", said)
    assert found is not None
    shutil.rmtree(Path(found[1]))


def _command() -> list[str]:
    return [sys.executable, "-m", "tests.torture", "--seed", str(SEED)]


def _environment() -> dict[str, str]:
    return {**os.environ, "VAULTCRAFT_END_WITH_PARENT": "1"}


def _descendants(pid: int) -> list[int]:
    children = processes.children_of(pid)
    return [*children, *(below for child in children for below in _descendants(child))]


def _alive(pids: dict[int, int | None]) -> list[int]:
    return [pid for pid, ticks in pids.items() if ticks and start_ticks(pid) == ticks]
