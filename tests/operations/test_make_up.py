"""`make up` for real: ready, refused twice, stopped, killed, recovered."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

from vaultcraft.embedded.ports import free_port
from vaultcraft.embedded.processes import start_ticks
from vaultcraft.supervisor.programs import PRODUCT, ROOT

START_SECONDS = 120
STOP_SECONDS = 10
OURS = re.compile(r"^(DATABASE_|REDIS_|NATS_|VAULTCRAFT_|DJANGO_|PYTEST_|PORT$)")


class House:
    """One `make up` on a data directory of its own."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.port = free_port()
        self.log = data_dir.with_suffix(".log")

    def start(self) -> subprocess.Popen[bytes]:
        """Start it, without waiting."""
        environment = {k: v for k, v in os.environ.items() if not OURS.match(k)}
        environment |= {"VAULTCRAFT_DATA_DIR": str(self.data_dir), "PORT": str(self.port)}
        with self.log.open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "vaultcraft.supervisor"],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=log,
            )

    def ready(self, process: subprocess.Popen[bytes]) -> None:
        """Wait for the greeting."""
        deadline = time.monotonic() + START_SECONDS
        while "is ready" not in self.said() and time.monotonic() < deadline:
            assert process.poll() is None, self.said()
            time.sleep(0.1)
        assert "is ready" in self.said()

    def said(self) -> str:
        return self.log.read_text()

    def pids(self) -> dict[str, int]:
        rows = json.loads((self.data_dir / "run" / "processes.json").read_text())
        return {row["name"]: row["pid"] for row in rows}

    def page(self, path: str) -> tuple[int, str]:
        with urlopen(f"http://localhost:{self.port}{path}", timeout=20) as answer:
            return answer.status, answer.read().decode()


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """The same data directory for the whole file, so that the demo world is planted once."""
    return House(tmp_path_factory.mktemp("house") / "data")


@pytest.fixture
def running(house):
    """The house, up; stopped afterwards whatever happened."""
    process = house.start()
    try:
        house.ready(process)
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)


def gone(pids: dict[str, int], *, seconds: float) -> bool:
    """Whether all these processes are gone within some time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if all(start_ticks(pid) is None for pid in pids.values()):
            return True
        time.sleep(0.05)
    return False


def test_everything_answers_and_the_greeting_moves_money(house, running):
    assert json.loads(house.page("/readyz")[1])["status"] == "ok"
    curl = re.search(r"^curl .*?'$", house.said(), re.DOTALL | re.MULTILINE)
    assert curl is not None, house.said()

    done = subprocess.run(["bash", "-c", curl[0]], capture_output=True, text=True, check=True)

    assert json.loads(done.stdout)["state"] == "COMPLETED"
    assert f"http://localhost:{house.port}" in house.said()
    world = json.loads((house.data_dir / "demo.json").read_text())
    assert world["base_url"] == f"http://localhost:{house.port}"
    assert (house.data_dir / "demo.json").stat().st_mode & 0o777 == 0o600
    assert "vaultcraft_http_requests_total" in house.page("/metrics")[1]


def test_the_greeting_prints_a_command_that_prints_codes(house, running):
    """In a shell that knows nothing, of a house elsewhere than where commands look."""
    world = json.loads((house.data_dir / "demo.json").read_text())
    email = next(user["email"] for user in world["users"] if user["totp_secret"])
    found = re.search(r"^  (.* totp )EMAIL$", house.said(), re.MULTILINE)
    assert found is not None, house.said()
    command = found[1].replace(".venv/bin/python", sys.executable)
    bare = {name: value for name, value in os.environ.items() if not OURS.match(name)}
    done = subprocess.run(
        ["bash", "-c", f"{command}{email}"],
        cwd=ROOT,
        env=bare,
        capture_output=True,
        text=True,
        check=False,
    )
    assert re.fullmatch(r"\d{6}\n", done.stdout), done.stderr


def test_a_second_start_says_so(house, running):
    second = House(house.data_dir)
    second.log = house.data_dir.with_suffix(".second.log")
    process = second.start()

    assert process.wait(timeout=30) == 1
    assert "already runs" in second.said()
    assert house.page("/healthz")[0] == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_everything_in_time(house, running, number):
    pids = house.pids()
    assert set(pids) == {"postgres", "valkey", "nats", *PRODUCT}

    running.send_signal(number)

    assert running.wait(timeout=STOP_SECONDS) == 0
    assert gone(pids, seconds=0.5)
    left = {path.name for path in house.data_dir.iterdir()}
    assert not {"run", "lock"} & left
    assert "database system is shut down" in (house.data_dir / "logs/postgres.log").read_text()


def test_a_killed_supervisor_leaves_nothing_and_the_next_start_recovers(house, running):
    pids = house.pids()

    running.send_signal(signal.SIGKILL)
    running.wait()
    again = house.start()

    try:
        house.ready(again)
        assert gone(pids, seconds=1)
        assert json.loads(house.page("/readyz")[1])["status"] == "ok"
    finally:
        again.send_signal(signal.SIGTERM)
        assert again.wait(timeout=STOP_SECONDS) == 0


def test_a_dead_process_is_reported_and_started_again(house, running):
    dead = house.pids()["worker"]

    os.kill(dead, signal.SIGKILL)

    deadline = time.monotonic() + 20
    while house.pids()["worker"] == dead and time.monotonic() < deadline:
        time.sleep(0.1)
    assert house.pids()["worker"] != dead
    assert "worker ended (-9)" in house.said()


def test_a_taken_port_is_refused_before_anything_starts(house):
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", house.port))
        taken.listen()
        process = house.start()
        assert process.wait(timeout=30) == 1

    assert f"Port {house.port} is taken" in house.said()
    assert not (house.data_dir / "lock").exists()


def test_a_signal_during_the_start_is_heeded(house):
    process = house.start()
    while "Migrating" not in house.said():
        time.sleep(0.02)

    process.send_signal(signal.SIGTERM)

    assert process.wait(timeout=STOP_SECONDS) == 0
    assert not (house.data_dir / "run").exists()


@pytest.mark.parametrize(
    ("argument", "code", "says"),
    [
        ("--help", 0, "Run the whole product"),
        ("--port=1", 2, "unrecognized arguments"),
        ("seed", 2, "unrecognized arguments"),
    ],
)
def test_asking_what_it_does_starts_nothing(
    tmp_path: Path, argument: str, code: int, says: str
) -> None:
    asked = subprocess.run(
        [sys.executable, "-m", "vaultcraft.supervisor", argument],
        cwd=ROOT,
        env=os.environ | {"VAULTCRAFT_DATA_DIR": str(tmp_path / "house"), "PORT": str(free_port())},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert asked.returncode == code
    assert says in asked.stdout + asked.stderr
    assert not (tmp_path / "house").exists()
