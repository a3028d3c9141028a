"""The directions of import, and that the rules about them are there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from django.apps import apps

ROOT = Path(__file__).resolve().parents[2]


def test_import_contracts_hold() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert ", 0 broken" in done.stdout


def test_every_room_stands_in_the_contract() -> None:
    contract = (ROOT / ".importlinter").read_text()
    rooms = {config.name for config in apps.get_app_configs() if _ours(config.path)}
    for room in rooms | {"kernel", "vaultcraft"}:
        assert f"\n    {room}\n" in contract or f" {room}\n" in contract, room


def test_no_room_is_a_drawer_of_odds_and_ends() -> None:
    forbidden = {"utils", "utils.py", "common", "common.py", "misc", "misc.py", "helpers.py"}
    found = [path for path in _sources() if set(path.relative_to(ROOT).parts) & forbidden]
    assert found == []


def test_files_stay_short() -> None:
    """About 300 lines, never more than 360; a longer file becomes a folder of its name."""
    long = {
        str(path.relative_to(ROOT)): lines
        for path in _sources()
        if "migrations" not in path.parts
        and "tests" not in path.parts
        and (lines := len(path.read_text().splitlines())) > 360
    }
    assert long == {}


def _ours(path: str) -> bool:
    return Path(path).parent == ROOT


def _sources() -> list[Path]:
    rooms = [config.path for config in apps.get_app_configs() if _ours(config.path)]
    folders = [*map(Path, rooms), ROOT / "kernel", ROOT / "vaultcraft"]
    return [path for folder in folders for path in folder.rglob("*.py")]
