"""`make up`, from the lock to the greeting to the last child."""

import argparse
import ctypes
import errno
import os
import signal
import sys
from pathlib import Path

from vaultcraft.embedded.handover import record_environment
from vaultcraft.embedded.places import AlreadyRunning, DataDirLock
from vaultcraft.embedded.ports import loopback_addresses
from vaultcraft.embedded.postgres import CannotStart
from vaultcraft.embedded.processes import Child, end_leftovers, record, stop_all
from vaultcraft.embedded.servers import SERVER_VARIABLES, EmbeddedServers
from vaultcraft.supervisor import greeting, settling
from vaultcraft.supervisor.programs import (
    DEFAULT_DATA_DIR,
    PRODUCT,
    data_dir_of_environment,
    product_programs,
)
from vaultcraft.supervisor.watch import Watch

PR_SET_PDEATHSIG = 1
PRODUCT_STOP_SECONDS = 4.5
SERVERS_STOP_SECONDS = 2.5
HIGHEST_PORT = 65_535


def main() -> int:
    """Run until asked to stop; return the exit code.

    :raises SystemExit: after `--help`, or for an argument: there are none.
    """
    _parser().parse_args()
    try:
        port = _port()
        data_dir = data_dir_of_environment()
        with DataDirLock(data_dir=data_dir) as lock:
            _end_with_make()
            return _Installation(data_dir=data_dir, port=port, lock=lock).run()
    except AlreadyRunning as running:
        say(f"VaultCraft already runs on this data directory ({running}). Stop that one first.")
    except CannotStart as reason:
        say(str(reason))
    return 1


def _parser() -> argparse.ArgumentParser:
    """Whoever asks what this does must not start it."""
    return argparse.ArgumentParser(
        prog="python -m vaultcraft.supervisor",
        description=(
            "Run the whole product until it is stopped: PostgreSQL, Valkey and NATS, migrations,"
            " the demo world in an empty database, the web and its workers."
        ),
        epilog=(
            "Environment: PORT, the web port (8000); VAULTCRAFT_DATA_DIR, where everything is kept;"
            " and those of .env.example."
        ),
    )


def say(text: str) -> None:
    """Print for the operator, at once."""
    print(text, flush=True)  # noqa: T201


class _Installation:
    """One run of everything on one data directory."""

    def __init__(self, *, data_dir: Path, port: int, lock: DataDirLock) -> None:
        self._data_dir = data_dir
        self._port = port
        self._lock = lock
        self._base_url = f"http://localhost:{port}"
        self._watch = Watch(say=say)
        self._children: list[Child] = []

    def run(self) -> int:
        """Start, greet, watch, stop."""
        addresses = _addresses(self._port)
        for name in end_leftovers(run_dir=self._data_dir / "run"):
            say(f"Ended {name}, left over from a start that was killed.")
        self._servers = EmbeddedServers(data_dir=self._data_dir)
        try:
            self._start(addresses)
            return 0 if self._watch.keep(self._children, on_change=self._record) else 1
        except _StopRequested:
            return 0
        finally:
            self._stop()

    def _start(self, addresses: list[str]) -> None:
        """Bring everything up, in the order in which it is needed."""
        say("Starting PostgreSQL, Valkey and NATS ...")
        self._servers.start()
        self._children = [*self._servers.children]
        self._record()
        environment = self._environment()
        os.environ.update(environment)
        record_environment(run_dir=self._servers.places.run_dir, environment=environment)
        self._settle()
        for program in product_programs(places=self._servers.places, addresses=addresses):
            self._children.append(Child(program=program))
        self._record()
        settling.wait_until_whole(port=self._port, alive=self._all_alive)
        self._greet()

    def _environment(self) -> dict[str, str]:
        """Return what the product's processes, and other commands, need to know."""
        given = {name: os.environ[name] for name in SERVER_VARIABLES if name in os.environ}
        return {
            **given,
            **self._servers.environment,
            "VAULTCRAFT_BASE_URL": self._base_url,
            "VAULTCRAFT_DATA_DIR": str(self._data_dir),
            "DJANGO_SETTINGS_MODULE": "vaultcraft.settings.local",
        }

    def _settle(self) -> None:
        """Migrate as the owner; seed an empty database, or one whose seeding was interrupted."""
        say("Migrating ...")
        self._run("migrate", "--verbosity", "0")
        say("Seeding the demo world, unless the database is in use ...")
        self._run("seed", "--if-empty")

    def _run(self, *arguments: str) -> None:
        """Run a management command, unless and until somebody wants to stop."""
        settling.run_command(*arguments, places=self._servers.places, alive=self._all_alive)

    def _greet(self) -> None:
        """Print where everything is."""
        world = settling.demo_world(data_dir=self._data_dir, base_url=self._base_url)
        curl = None
        if world:
            curl = greeting.transfer_curl(
                base_url=self._base_url, world=world, auditor_url=self._auditor_url
            )
        moved_to = self._data_dir if self._data_dir != DEFAULT_DATA_DIR else None
        say(greeting.greeting(base_url=self._base_url, world=world, curl=curl, moved_to=moved_to))

    def _stop(self) -> None:
        """Stop the product, then what it stood on; leave no file that says otherwise."""
        self._lock.announce_stop()
        say("Stopping ...")
        children = self._children or self._servers.children
        product = [child for child in children if child.program.name in PRODUCT]
        stop_all(product, gentle_seconds=PRODUCT_STOP_SECONDS)
        stop_all(
            [child for child in children if child not in product],
            gentle_seconds=SERVERS_STOP_SECONDS,
        )
        self._servers.places.clear()
        say("Stopped.")

    def _record(self) -> None:
        """Write down who runs."""
        record(self._children, run_dir=self._servers.places.run_dir)

    def _all_alive(self) -> bool:
        """Tell whether waiting still makes sense.

        :raises CannotStart: a process ended; with the end of its log.
        """
        self._unless_stopped()
        for child in self._children:
            if not child.running:
                raise CannotStart(f"{child.program.name} ended:\n{child.log_tail(lines=40)}")
        return True

    def _unless_stopped(self) -> None:
        """Leave the start as soon as somebody wants to.

        :raises _StopRequested: somebody does.
        """
        if self._watch.stop_requested():
            raise _StopRequested

    @property
    def _auditor_url(self) -> str:
        """Return the address for reading every row."""
        return os.environ.get("DATABASE_AUDITOR_URL") or os.environ["DATABASE_OWNER_URL"]


class _StopRequested(Exception):
    """A signal came during the start."""


def _port() -> int:
    """Return the web port.

    :raises CannotStart: PORT is not one.
    """
    text = os.environ.get("PORT") or "8000"
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= HIGHEST_PORT):
        raise CannotStart(f"PORT must be a number from 1 to {HIGHEST_PORT}.")
    return int(text)


def _addresses(port: int) -> list[str]:
    """Return what the web server will listen on.

    :raises CannotStart: the port is taken, or not for us.
    """
    try:
        return loopback_addresses(port=port)
    except OSError as error:
        why = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be used ({error})"
        raise CannotStart(f"Port {port} {why}. Choose another one: `make up PORT=8001`.") from None


def _end_with_make() -> None:
    """Stop when `make` is killed: nobody could tell us to, otherwise."""
    if os.environ.get("VAULTCRAFT_END_WITH_PARENT"):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


if __name__ == "__main__":
    sys.exit(main())
