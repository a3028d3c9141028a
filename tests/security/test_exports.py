"""Nothing leaves as a spreadsheet until its cells are escaped (OWASP ASVS 1.2.10).

Today nothing does: `bench` and the tests write files of their own, the product answers HTML and
JSON, and to a POST it gives documents back as attachments of no type. Whoever adds a CSV or XLSX
comes by here, escapes cells that begin with = + - @ tab or NUL by a single quote, and replaces
these tests by ones that plant formulas in every exported column.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.security.addresses import addresses
from tests.web.conftest import Visit
from tests.world import World

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("kernel", "audit", "events", "accounts", "ledger", "wallets", "kyc", "api", "web")
WRITES_SHEETS = re.compile(
    r"^\s*(?:from|import) (?:csv|xlsxwriter|openpyxl|xlwt|odf)\b", re.MULTILINE
)
SHEET = re.compile(r"csv|excel|spreadsheet|opendocument", re.IGNORECASE)


def test_no_room_writes_spreadsheets():
    writing = [
        str(path.relative_to(ROOT))
        for room in ROOMS
        for path in sorted((ROOT / room).rglob("*.py"))
        if "tests" not in path.parts and WRITES_SHEETS.search(path.read_text())
    ]
    assert writing == []


@pytest.mark.django_db
def test_no_address_answers_with_a_spreadsheet(world: World, visit: Visit):
    client = visit(world.olga)
    for path in addresses():
        answer = client.get(path, headers={"Accept": "text/csv"})
        assert not SHEET.search(answer.headers.get("Content-Type", "")), path
        assert "Content-Disposition" not in answer.headers, path
