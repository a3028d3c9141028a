"""The inventory of libraries, and asking for their vulnerabilities."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from vaultcraft.checks import ROOT
from vaultcraft.supply import CLEAN, UNKNOWN, VULNERABLE, verdict, write_sbom


def test_the_inventory_names_every_pinned_library_with_its_hashes(tmp_path: Path):
    first, second = tmp_path / "one.json", tmp_path / "two.json"
    assert (write_sbom(first), write_sbom(second)) == (0, 0)
    assert first.read_bytes() == second.read_bytes()
    bom = json.loads(first.read_text())
    assert (bom["bomFormat"], bom["specVersion"]) == ("CycloneDX", "1.6")
    assert bom["metadata"]["component"]["name"] == "vaultcraft"
    pinned = re.findall(
        r"^([\w.\-]+)(?:\[[^]]*\])?==(\S+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE
    )
    assert len(pinned) > 50
    assert sorted((one["name"], one["version"]) for one in bom["components"]) == sorted(pinned)
    for one in bom["components"]:
        assert one["purl"].startswith("pkg:pypi/"), one
        assert [kept["alg"] for kept in one["externalReferences"][0]["hashes"]], one


FINE = {"name": "fine", "version": "1", "vulns": []}
FLAW = {"id": "CVE-2026-1", "fix_versions": ["2"]}
BAD = {"name": "bad", "version": "1", "vulns": [FLAW]}
SKIPPED = {"name": "own", "skip_reason": "Dependency not found on PyPI"}


@pytest.mark.parametrize(
    ("libraries", "code", "said"),
    [
        ([FINE], CLEAN, "No known vulnerability in 1 libraries."),
        ([FINE, BAD], VULNERABLE, "bad 1: CVE-2026-1, fixed in 2"),
        ([FINE, BAD, SKIPPED], VULNERABLE, "unknown to the database: own"),
        ([FINE, SKIPPED], UNKNOWN, "1 of 2 libraries were not checked"),
        ([SKIPPED], UNKNOWN, "Nothing was checked"),
        ([], UNKNOWN, "Nothing was checked"),
    ],
)
def test_what_was_not_looked_up_is_not_clean(libraries: list[Any], code: int, said: str):
    got, words = verdict({"dependencies": libraries})
    assert got == code
    assert said in words


def test_a_database_out_of_reach_is_said_so(tmp_path: Path):
    dead = "http://127.0.0.1:1"
    kept = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "vaultcraft.supply", "vulnerabilities"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HTTPS_PROXY": dead, "HTTP_PROXY": dead, **kept},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == UNKNOWN
    assert "Nothing was checked: the database could not be reached." in done.stderr
