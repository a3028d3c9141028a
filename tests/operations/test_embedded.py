"""The servers from the wheels: closed to everybody else, tied to us, found again."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from vaultcraft.embedded import postgres
from vaultcraft.embedded.handover import adopt_environment, record_environment
from vaultcraft.embedded.places import (
    SOCKET_PATH_LIMIT,
    AlreadyRunning,
    DataDirLock,
    Places,
)
from vaultcraft.embedded.ports import free_port, loopback_addresses
from vaultcraft.embedded.processes import (
    Child,
    Program,
    end_leftovers,
    record,
    start_ticks,
    stop_all,
)
from vaultcraft.embedded.secrets import local_secrets
from vaultcraft.embedded.servers import SERVER_VARIABLES, EmbeddedServers


@pytest.fixture
def no_servers_given(monkeypatch):
    """An environment in which every server must be started."""
    for name in SERVER_VARIABLES:
        monkeypatch.delenv(name)


@pytest.fixture
def sleeper(tmp_path):
    """A program that would go on for ever."""
    return Program(name="sleeper", command=["/bin/sleep", "600"], log_path=tmp_path / "sleeper.log")


def test_servers_start_keep_their_data_and_leave_nothing(no_servers_given, tmp_path):
    for visit in (1, 2):
        with EmbeddedServers(data_dir=tmp_path / "data") as servers:
            pids = [child.pid for child in servers.children]
            with psycopg.connect(servers.environment["DATABASE_OWNER_URL"]) as connection:
                connection.execute("CREATE TABLE IF NOT EXISTS visit (number int)")
                connection.execute("INSERT INTO visit VALUES (%s)", [visit])
                visits = connection.execute("SELECT count(*) FROM visit").fetchone()
        assert visits == (visit,)
        assert not (tmp_path / "data" / "run").exists()
        assert [start_ticks(pid) for pid in pids] == [None, None, None]


def test_a_password_is_needed_even_on_the_private_socket(no_servers_given, tmp_path):
    with EmbeddedServers(data_dir=tmp_path / "data") as servers:
        directory = str(servers.places.socket_dir)
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(host=directory, user="postgres", dbname="postgres")
        assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
        assert stat.S_IMODE((tmp_path / "data" / "secrets.json").stat().st_mode) == 0o600


def test_the_three_roles_may_what_they_should(no_servers_given, tmp_path):
    with EmbeddedServers(data_dir=tmp_path / "data") as servers:
        with psycopg.connect(servers.environment["DATABASE_OWNER_URL"]) as owner:
            owner.execute("CREATE TABLE thing (id int)")
        with psycopg.connect(servers.environment["DATABASE_URL"]) as app:
            app.execute("INSERT INTO thing VALUES (1)")
            rows = app.execute(
                "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole FROM pg_roles"
                " WHERE rolname LIKE 'vaultcraft%%' ORDER BY rolname"
            ).fetchall()
            app.commit()
            for forbidden in ("CREATE TABLE other (id int)", "TRUNCATE thing", "DROP TABLE thing"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    app.execute(forbidden)
                app.rollback()
        with psycopg.connect(servers.environment["DATABASE_AUDITOR_URL"]) as auditor:
            assert auditor.execute("SELECT id FROM thing").fetchall() == [(1,)]
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                auditor.execute("INSERT INTO thing VALUES (2)")
    assert rows == [
        ("vaultcraft_app", False, False, False),
        ("vaultcraft_auditor", False, True, False),
        ("vaultcraft_owner", False, False, False),
    ]


def test_a_given_server_is_used_instead(no_servers_given, monkeypatch, tmp_path):
    monkeypatch.setenv("REDIS_URL", "redis://elsewhere")
    monkeypatch.setenv("NATS_URL", "nats://elsewhere")

    with EmbeddedServers(data_dir=tmp_path / "data") as servers:
        assert [child.program.name for child in servers.children] == ["postgres"]


def test_a_deep_data_directory_gets_a_short_socket_path(no_servers_given, tmp_path):
    deep = tmp_path / ("d" * 100) / "data"

    with EmbeddedServers(data_dir=deep) as servers:
        directory = servers.places.socket_dir
        assert len(str(directory / ".s.PGSQL.5432")) < SOCKET_PATH_LIMIT
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700
        psycopg.connect(servers.environment["DATABASE_URL"]).close()
    assert not directory.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another user for PostgreSQL")
def test_root_without_namespaces_uses_a_system_user(no_servers_given, monkeypatch, tmp_path):
    monkeypatch.setenv("VAULTCRAFT_NO_NAMESPACES", "1")
    monkeypatch.setattr(postgres, "SYSTEM_USER", "nobody")  # a test makes no users

    with EmbeddedServers(data_dir=tmp_path / "data") as servers:
        pid = next(c.pid for c in servers.children if c.program.name == "postgres")
        assert Path(f"/proc/{pid}").stat().st_uid != 0


def test_secrets_stay_the_same(tmp_path):
    assert local_secrets(data_dir=tmp_path) == local_secrets(data_dir=tmp_path)


def test_one_process_per_data_directory(tmp_path):
    with DataDirLock(data_dir=tmp_path), pytest.raises(AlreadyRunning, match=str(os.getpid())):
        DataDirLock(data_dir=tmp_path).__enter__()

    assert list(tmp_path.iterdir()) == []
    with DataDirLock(data_dir=tmp_path):
        pass


def test_leftovers_are_ended_by_pid_and_start_time(tmp_path, sleeper):
    mine, other = Child(program=sleeper), Child(program=sleeper)
    record([mine, other], run_dir=tmp_path)
    rows = json.loads((tmp_path / "processes.json").read_text())
    rows[1]["started_ticks"] -= 1  # as if the pid had gone to somebody else since
    (tmp_path / "processes.json").write_text(json.dumps(rows))

    assert end_leftovers(run_dir=tmp_path) == ["sleeper"]
    assert (mine.running, other.running) == (False, True)
    other.kill()


def test_children_end_with_a_parent_that_is_killed(tmp_path):
    script = (
        "import sys, time; from pathlib import Path\n"
        "from vaultcraft.embedded.processes import Child, Program\n"
        "program = Program(name='s', command=['/bin/sleep', '600'], log_path=Path(sys.argv[1]))\n"
        "print(Child(program=program).pid, flush=True); time.sleep(600)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "log")], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    time.sleep(0.5)  # the launcher ties the child before it becomes /bin/sleep

    parent.send_signal(signal.SIGKILL)
    parent.wait()

    deadline = time.monotonic() + 5
    while start_ticks(child) is not None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert start_ticks(child) is None


def test_what_ignores_the_polite_signal_is_killed(tmp_path):
    script = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        "print('ready', flush=True); time.sleep(600)"
    )
    stubborn = Program(
        name="stubborn",
        command=[sys.executable, "-c", script],
        log_path=tmp_path / "stubborn.log",
    )
    child = Child(program=stubborn)
    while "ready" not in child.log_tail():
        time.sleep(0.05)

    stop_all([child], gentle_seconds=0.3, hard_seconds=2)

    assert child.exit_code == -signal.SIGKILL


def test_a_taken_port_is_noticed():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError, match="in use"):
            loopback_addresses(port=taken.getsockname()[1])
    assert loopback_addresses(port=free_port())[0].startswith("127.0.0.1:")


def test_other_commands_find_the_running_servers(monkeypatch, tmp_path):
    monkeypatch.delenv("REDIS_URL")
    monkeypatch.setenv("NATS_URL", "nats://my-own")
    places = Places(data_dir=tmp_path)
    record_environment(
        run_dir=places.run_dir, environment={"REDIS_URL": "redis://it", "NATS_URL": "nats://it"}
    )

    adopt_environment(data_dir=tmp_path)

    assert (os.environ["REDIS_URL"], os.environ["NATS_URL"]) == ("redis://it", "nats://my-own")
    monkeypatch.delenv("REDIS_URL")
