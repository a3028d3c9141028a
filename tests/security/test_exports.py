"""Nothing leaves as a spreadsheet until its cells are escaped (OWASP ASVS 1.2.10).

Today nothing does: `bench` and the tests write files of their own, the product answers HTML and
JSON (test_headers.py asks every address for a CSV), and to a POST it gives documents back as
attachments of no type. Whoever adds a CSV or XLSX comes by here, escapes cells that begin with
= + - @ tab or NUL by a single quote, and replaces this test by one that plants formulas in every
exported column.
"""

from __future__ import annotations

from tests.security.sources import importing


def test_no_room_writes_spreadsheets():
    reading_a_document = {"vaultcraft/asvs.py"}
    assert importing("csv", "xlsxwriter", "openpyxl", "xlwt", "odf") == reading_a_document
