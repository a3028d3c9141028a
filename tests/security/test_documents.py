"""Documents that promise: what they say is what the code does."""

from __future__ import annotations

import ast
import re
import shutil
from pathlib import Path

import pytest

from accounts.services.vault import places
from api.schema.document import document
from kernel.rates.table import DEFAULTS
from tests.security.sources import calls, dotted
from vaultcraft import asvs, threat_model
from vaultcraft.checks import ROOT
from vaultcraft.settings import base
from web import urls


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


THREATS = (ROOT / "docs" / "threat-model.md").read_text()


def test_every_way_in_is_in_the_threat_model():
    """ASVS 6.1.3: what the document of the API calls public, and the pages of the gate."""
    ways = THREATS.partition("These are all the ways in:")[2].partition("###")[0]
    public = [
        f"POST {path.removeprefix('/api/v1')}"
        for path, operations in document()["paths"].items()
        for operation in operations.values()
        if not operation.get("security")
    ]
    assert len(public) == 8
    assert [way for way in public if way not in ways] == []
    gate = {route for view in GATE for route in _routes(view)}
    assert [f"/{route}" for route in gate if f"/{route}" not in ways] == []


GATE = ("gate", "second_step", "passwords", "mailbox")
# Not ways in: for who is in already, or a second mail for who is half-way.
INSIDE = {"sign-out", "sign-in/second-step/resend", "security/password", "security/password/save"}


def _routes(view: str) -> set[str]:
    found = {
        str(one.pattern).partition("/<")[0]
        for one in urls.urlpatterns
        if getattr(one.callback, "__module__", "") == f"web.views.{view}"
    }
    return found - INSIDE


def test_the_documented_lifetimes_are_those_of_the_settings():
    """ASVS 7.1.1."""
    text = " ".join(THREATS.partition("## Sessions")[2].partition("These are")[0].split())
    minutes = base.ACCESS_TOKEN_SECONDS // 60
    idle, absolute = base.REFRESH_IDLE_SECONDS // 86_400, base.REFRESH_ABSOLUTE_SECONDS // 86_400
    hours = base.SESSION_COOKIE_AGE // 3_600
    assert f"Access tokens live {minutes} minutes" in text
    assert f"Refresh tokens idle out after {idle} days and end after {absolute}" in text
    assert f"Browser sessions end after {hours} hours" in text


def test_every_secret_of_production_is_in_the_threat_model():
    """ASVS 11.1.2: what `.env.example` asks for and calls a secret, a key, a pepper, a token."""
    asked = re.findall(r"^(\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    keys = THREATS.partition("### Keys")[2].partition("###")[0]
    secret = [name for name in asked if re.search(r"VAULTCRAFT_.*(KEY|PEPPER|TOKEN)", name)]
    assert len(secret) == 6
    assert [name for name in secret if f"`{name}`" not in keys] == []


def test_what_is_sealed_is_classified():
    """ASVS 14.1.1, 14.1.2: by the tables that hold it."""
    assets = THREATS.partition("## Assets")[2].partition("### Keys")[0]
    listed = assets.partition("What is sealed, by table")[2]
    registered = {column.table for column in places.sealed_columns()}
    assert set(re.findall(r"`(\w+)`", listed)) == registered


def test_the_streams_of_the_log_are_in_the_inventory():
    """ASVS 16.1.1: those with a name of their own; everything else is the third."""
    inventory = THREATS.partition("### 6. Logs")[2].partition("###")[0]
    named = {
        call.args[0].value
        for _, call in calls()
        if dotted(call) == "structlog.get_logger" and isinstance(call.args[0], ast.Constant)
    }
    assert set(re.findall(r"^\| `(\w+)` \|", inventory, re.MULTILINE)) == named


def test_the_time_a_fix_may_take_is_documented():
    """ASVS 15.1.1."""
    table = THREATS.partition("## Third-party code")[2].partition("\n## ")[0]
    days = [int(found) for found in re.findall(r"\| (\d+) days \|", table)]
    assert days == sorted(days)
    assert (len(days), days[0] <= 7) == (3, True)


def test_every_library_is_pinned_with_hashes():
    """ASVS 15.1.2: from one place, and the very bytes that were looked at."""
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text().replace("\\\n", "")
        pins = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
        assert len(pins) > 30
        for line in pins:
            assert re.match(r"[A-Za-z0-9._\[\]-]+==\S+ ", line), line
            assert "--hash=sha256:" in line, line


def test_the_threat_model_holds_what_it_says():
    assert threat_model.complaint() is None


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ("test_tokens.py::test_algorithm_none_is_refused", "test_tokens.py::test_gone", "exist"),
        ("](permissions.md)", "](no-such.md)", "leads nowhere"),
        ("| open redirect |", "| elsewhere |", "'open redirect' has no row"),
    ],
)
def test_a_false_threat_model_is_found(before: str, after: str, complaint: str):
    assert before in THREATS
    [fault] = threat_model.faults(THREATS.replace(before, after), ROOT)
    assert complaint in fault


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
        ("not_met", "", "", "gives no reason"),
        ("planned", "", "x", "'planned' is no status"),
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
