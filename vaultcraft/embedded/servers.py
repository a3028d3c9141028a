"""All three servers of a local installation: each is started only when its address is unset."""

import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

from vaultcraft.embedded import nats, postgres, valkey
from vaultcraft.embedded.bootstrap import APP, AUDITOR, OWNER, RolePasswords, bootstrap
from vaultcraft.embedded.places import Places
from vaultcraft.embedded.ports import free_port
from vaultcraft.embedded.postgres import CannotStart
from vaultcraft.embedded.processes import Child, Program, stop_all
from vaultcraft.embedded.secrets import LocalSecrets, local_secrets

SERVER_VARIABLES = (
    "DATABASE_URL",
    "DATABASE_OWNER_URL",
    "DATABASE_AUDITOR_URL",
    "REDIS_URL",
    "NATS_URL",
)
READY_SECONDS = 60.0
POLL_SECONDS = 0.05
START_ATTEMPTS = 3
STOP_SECONDS = 4.0


class EmbeddedServers:
    """The servers of one data directory. The caller holds its lock.

    `environment` says where they are and what the secrets are; `careless` trades the safety of the
    data for speed and is for tests only.
    """

    def __init__(self, *, data_dir: Path, careless: bool = False) -> None:
        self.places = Places(data_dir=data_dir)
        self.places.make()
        self.secrets: LocalSecrets = local_secrets(data_dir=data_dir)
        self.environment: dict[str, str] = {**self.secrets.environment()}
        self.children: list[Child] = []
        self._careless = careless

    @property
    def superuser_url(self) -> str:
        """Return the address for bootstrap work in the embedded cluster."""
        return postgres.superuser_url(places=self.places, secrets=self.secrets)

    def start(self) -> None:
        """Start what is missing, side by side, and wait until each of them answers.

        :raises CannotStart: one of them does not come up, or DATABASE_OWNER_URL is missing.
        """
        if "DATABASE_URL" not in os.environ:
            self._launch_postgres()
        elif "DATABASE_OWNER_URL" not in os.environ:
            raise CannotStart("DATABASE_URL is set: set DATABASE_OWNER_URL too, for migrations.")
        if "REDIS_URL" not in os.environ:
            self._start_on_free_port(self._valkey_program)
        if "NATS_URL" not in os.environ:
            self._start_on_free_port(self._nats_program)
        if "DATABASE_URL" not in os.environ:
            self._finish_postgres()

    def stop(self) -> None:
        """Stop the servers, PostgreSQL by a fast shutdown."""
        stop_all(self.children, gentle_seconds=STOP_SECONDS)
        self.children.clear()

    def __enter__(self) -> "EmbeddedServers":
        """Start."""
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *reason: object) -> None:
        """Stop and clear up."""
        self.stop()
        self.places.clear()

    def _launch_postgres(self) -> None:
        """Start PostgreSQL without waiting for it."""
        options = postgres.prepare(places=self.places, secrets=self.secrets)
        program = postgres.program(places=self.places, options=options, careless=self._careless)
        self._postgres = Child(program=program)
        self.children.append(self._postgres)

    def _finish_postgres(self) -> None:
        """Wait for PostgreSQL, then make roles and database."""
        _wait_until(self._postgres, self._postgres_answers)
        secrets, socket_dir = self.secrets, self.places.socket_dir
        bootstrap(
            superuser_url=self.superuser_url,
            database=postgres.DATABASE,
            passwords=RolePasswords(
                owner=secrets.owner_password,
                app=secrets.app_password,
                auditor=secrets.auditor_password,
            ),
        )
        for name, role, password in (
            ("DATABASE_URL", APP, secrets.app_password),
            ("DATABASE_OWNER_URL", OWNER, secrets.owner_password),
            ("DATABASE_AUDITOR_URL", AUDITOR, secrets.auditor_password),
        ):
            address = postgres.url(role=role, password=password, socket_dir=socket_dir)
            self.environment[name] = address

    def _postgres_answers(self) -> bool:
        """Tell whether PostgreSQL accepts connections by now."""
        try:
            psycopg.connect(self.superuser_url, connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def _valkey_program(self, port: int) -> Program:
        """Return Valkey on a port, noting its address."""
        password = self.secrets.redis_password
        self.environment["REDIS_URL"] = valkey.url(password=password, port=port)
        return valkey.program(places=self.places, password=password, port=port)

    def _nats_program(self, port: int) -> Program:
        """Return NATS on a port, noting its address."""
        token = self.secrets.nats_token
        self.environment["NATS_URL"] = nats.url(token=token, port=port)
        return nats.program(places=self.places, token=token, port=port, careless=self._careless)

    def _start_on_free_port(self, program_on: Callable[[int], Program]) -> None:
        """Start a server; a port that somebody took in between costs one more attempt."""
        for attempt in range(1, START_ATTEMPTS + 1):
            port = free_port()
            child = Child(program=program_on(port))
            try:
                _wait_until(child, lambda port=port: _listens(port))  # type: ignore[misc]
            except CannotStart:
                stop_all([child], gentle_seconds=1)
                if attempt == START_ATTEMPTS:
                    raise
            else:
                self.children.append(child)
                return


def _listens(port: int) -> bool:
    """Tell whether something accepts connections on a loopback port."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _wait_until(child: Child, answers: Callable[[], bool]) -> None:
    """Wait until a server answers.

    :raises CannotStart: it ended, or took too long; with the end of its log.
    """
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if not child.running:
            break
        if answers():
            return
        time.sleep(POLL_SECONDS)
    raise CannotStart(f"{child.program.name} does not start:\n{child.log_tail()}")
