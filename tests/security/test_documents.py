"""Documents that promise: what they say is what the code does."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from kernel.rates.table import DEFAULTS
from vaultcraft import asvs
from vaultcraft.checks import ROOT


def test_the_published_limits_are_those_of_the_table():
    text = (ROOT / "docs" / "api.md").read_text()
    rows = re.findall(r"^\| `([a-z-]+)` \| ([^|]*) \| ([^|]*) \| ([^|]*) \|", text, re.MULTILINE)
    published = {
        name: (mine.strip(), theirs.strip(), alone.strip()) for name, mine, theirs, alone in rows
    }
    assert published == {
        route.value: (
            str(rates.principal or "-"),
            str(rates.address),
            "a quarter" if rates.strict else "all of it",
        )
        for route, rates in DEFAULTS.items()
    }


def test_the_asvs_table_is_whole():
    assert asvs.complaint() is None
    assert len(asvs.required()) == 217


ROW = "V9.9.9,1,Self-contained Tokens,x,{status},{tests},{reason}\n"
GOOD = "tests/security/test_documents.py::test_the_asvs_table_is_whole[parameter]"


@pytest.mark.parametrize(
    ("status", "tests", "reason", "complaint"),
    [
        ("met", "", "x", "is met and names no test"),
        ("met", "tests/no_such.py::test_x", "", "which does not exist"),
        ("met", "tests/security/test_documents.py", "", "which does not exist"),
        ("met", "tests/security/test_documents.py::test_gone", "", "which does not exist"),
        ("done", GOOD, "x", "'done' is no status"),
        ("planned", "", "", "gives no reason"),
        ("met", GOOD, "", None),
    ],
)
def test_a_false_row_is_found(tmp_path: Path, monkeypatch, status, tests, reason, complaint):
    monkeypatch.setattr(asvs, "LEVELS", {"V9.9": "333333331"})
    (tmp_path / "docs").mkdir()
    (tmp_path / "tests" / "security").mkdir(parents=True)
    shutil.copy(__file__, tmp_path / "tests" / "security")
    row = ROW.format(status=status, tests=tests, reason=reason)
    (tmp_path / asvs.DOCUMENT).write_text(",".join(asvs.COLUMNS) + "\n" + row)
    found = asvs.complaint(tmp_path)
    assert found is None if complaint is None else complaint in str(found)
    (tmp_path / asvs.DOCUMENT).write_text(",".join(asvs.COLUMNS) + "\n" + row + row)
    assert "stands there 2 times" in str(asvs.complaint(tmp_path))
    (tmp_path / asvs.DOCUMENT).write_text(",".join(asvs.COLUMNS) + "\n")
    assert "V9.9.9 is missing" in str(asvs.complaint(tmp_path))
