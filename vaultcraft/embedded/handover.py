"""How other commands find the servers of a running `make up`: its environment, in a 0600 file."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from vaultcraft.embedded.secrets import write_private

FILE_NAME = "environment.json"


def record_environment(*, run_dir: Path, environment: Mapping[str, str]) -> None:
    """Leave the addresses and secrets where `manage.py` of the same user finds them."""
    write_private(path=run_dir / FILE_NAME, text=json.dumps(dict(environment), indent=2))


def forget_environment(*, run_dir: Path) -> None:
    """Take the file away: nobody is at those addresses any more."""
    (run_dir / FILE_NAME).unlink(missing_ok=True)


def adopt_environment(*, data_dir: Path) -> None:
    """Set the variables of a running `make up` that the caller has not set himself."""
    path = data_dir / "run" / FILE_NAME
    if path.exists():
        for name, value in json.loads(path.read_text()).items():
            os.environ.setdefault(name, value)
