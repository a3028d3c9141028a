"""One management command on the local servers: `python -m vaultcraft.supervisor.command seed`.

Uses a running `make up`; without one, starts the servers, migrates, runs the command and stops.
"""

import os
import subprocess
import sys

from vaultcraft.embedded.handover import adopt_environment
from vaultcraft.embedded.places import AlreadyRunning, DataDirLock
from vaultcraft.embedded.postgres import CannotStart
from vaultcraft.embedded.processes import end_leftovers
from vaultcraft.embedded.servers import EmbeddedServers
from vaultcraft.supervisor.programs import ROOT, data_dir_of_environment


def main() -> int:
    """Run the command; return its exit code."""
    data_dir = data_dir_of_environment()
    os.environ["VAULTCRAFT_DATA_DIR"] = str(data_dir)
    try:
        with DataDirLock(data_dir=data_dir):
            end_leftovers(run_dir=data_dir / "run")
            with EmbeddedServers(data_dir=data_dir) as servers:
                os.environ.update(servers.environment)
                return _manage("migrate", "--verbosity", "0") or _manage(*sys.argv[1:])
    except AlreadyRunning:
        adopt_environment(data_dir=data_dir)
        return _manage(*sys.argv[1:])
    except CannotStart as reason:
        print(reason)  # noqa: T201
        return 1


def _manage(*arguments: str) -> int:
    """Run a management command in front of the operator."""
    done = subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, check=False)  # noqa: S603
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
