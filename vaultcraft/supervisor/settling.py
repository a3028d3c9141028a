"""Before anybody is served: the tables, the demo world, and what the operator reads at the end."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from vaultcraft.embedded.places import Places
from vaultcraft.embedded.postgres import CannotStart
from vaultcraft.embedded.processes import Child
from vaultcraft.embedded.secrets import write_private
from vaultcraft.supervisor.programs import python_program

COMMAND_SECONDS = 170
READY_SECONDS = 60.0
POLL_SECONDS = 0.05
DEMO_FILE = "demo.json"


def run_command(*arguments: str, places: Places, alive: Callable[[], bool]) -> None:
    """Run one management command to its end.

    `alive` is asked all the time: it may raise to end the command early.

    :raises CannotStart: it failed or took too long; with the end of what it said.
    """
    program = python_program(arguments[0], ["manage.py", *arguments], places=places)
    program.log_path.unlink(missing_ok=True)
    child = Child(program=program)
    deadline = time.monotonic() + COMMAND_SECONDS
    try:
        while child.running and alive() and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
    finally:
        child.kill()
    if child.exit_code:
        raise CannotStart(f"`manage.py {' '.join(arguments)}` failed:\n{child.log_tail(lines=40)}")


def wait_until_whole(*, port: int, alive: Callable[[], bool]) -> None:
    """Wait until `/readyz` finds nothing to complain of, cache and broker included.

    :raises CannotStart: it does not within a minute, or a process ended; with its last answer.
    """
    deadline = time.monotonic() + READY_SECONDS
    last: Any = "no answer"
    while time.monotonic() < deadline and alive():
        last = _readiness(port=port)
        if isinstance(last, dict) and last.get("status") == "ok":
            return
        time.sleep(0.1)
    raise CannotStart(f"The product does not get ready. /readyz last said: {last}")


def demo_world(*, data_dir: Path, base_url: str) -> dict[str, Any] | None:
    """Return demo.json, with the address of today written into it; None when there is none."""
    path = data_dir / DEMO_FILE
    if not path.exists():
        return None
    world: dict[str, Any] = json.loads(path.read_text())
    if world.get("base_url") != base_url:
        world["base_url"] = base_url
        write_private(path=path, text=json.dumps(world, indent=2))
    return world


def _readiness(*, port: int) -> Any:
    """Ask once."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return json.load(answer)
    except HTTPError as error:
        return error.read().decode(errors="replace")[:500]
    except (URLError, OSError, ValueError) as error:
        return str(error)
