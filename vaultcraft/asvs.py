"""Is `docs/asvs.csv` whole and true: OWASP ASVS 5.0.0, levels 1 and 2, each row tied to its tests.

Left out are V10 (the product is neither client nor server of OAuth or OIDC) and V17 (no WebRTC);
docs/threat-model.md says so, and what the statuses mean.
"""

import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from vaultcraft.named_tests import exists

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = "docs/asvs.csv"
COLUMNS = ["id", "level", "chapter", "requirement", "status", "test ids", "reason"]
STATUSES = {"met", "partly", "not_met", "not_applicable"}
# The level of each requirement of each section, in their order; those of level 3 have no row.
LEVELS = {
    "V1.1": "22",
    "V1.2": "1111122223",
    "V1.3": "112222222223",
    "V1.4": "222",
    "V1.5": "123",
    "V2.1": "122",
    "V2.2": "112",
    "V2.3": "12223",
    "V2.4": "23",
    "V3.1": "3",
    "V3.2": "113",
    "V3.3": "12223",
    "V3.4": "11222233",
    "V3.5": "11122333",
    "V3.6": "3",
    "V3.7": "22333",
    "V4.1": "12233",
    "V4.2": "23333",
    "V4.3": "22",
    "V4.4": "1222",
    "V5.1": "2",
    "V5.2": "112333",
    "V5.3": "113",
    "V5.4": "222",
    "V6.1": "122",
    "V6.2": "111111112222",
    "V6.3": "11223333",
    "V6.4": "112233",
    "V6.5": "22222333",
    "V6.6": "2223",
    "V6.7": "33",
    "V6.8": "2222",
    "V7.1": "222",
    "V7.2": "1111",
    "V7.3": "22",
    "V7.4": "11222",
    "V7.5": "223",
    "V7.6": "22",
    "V8.1": "1233",
    "V8.2": "1123",
    "V8.3": "133",
    "V8.4": "23",
    "V9.1": "111",
    "V9.2": "1222",
    "V11.1": "2233",
    "V11.2": "22233",
    "V11.3": "11233",
    "V11.4": "1222",
    "V11.5": "23",
    "V11.6": "23",
    "V11.7": "33",
    "V12.1": "12233",
    "V12.2": "11",
    "V12.3": "22223",
    "V13.1": "2333",
    "V13.2": "222223",
    "V13.3": "2233",
    "V13.4": "1222233",
    "V14.1": "22",
    "V14.2": "12223333",
    "V14.3": "122",
    "V15.1": "12233",
    "V15.2": "12233",
    "V15.3": "1222222",
    "V15.4": "3333",
    "V16.1": "2",
    "V16.2": "22222",
    "V16.3": "2222",
    "V16.4": "222",
    "V16.5": "2223",
}


def complaint(root: Path = ROOT) -> str | None:
    """Return what is wrong with the table, None when nothing is."""
    with (root / DOCUMENT).open(newline="") as lines:
        reader = csv.DictReader(lines)
        if reader.fieldnames != COLUMNS:
            return f"{DOCUMENT}: the columns are {', '.join(COLUMNS)}"
        rows = list(reader)
    found = [*_missing_and_doubled(rows), *(fault for row in rows for fault in _faults(row, root))]
    return "\n".join(f"{DOCUMENT}: {fault}" for fault in found) or None


def required() -> dict[str, str]:
    """Return the level, "1" or "2", of each requirement that has a row."""
    return {
        f"{section}.{number}": level
        for section, levels in LEVELS.items()
        for number, level in enumerate(levels, start=1)
        if level in "12"
    }


def _missing_and_doubled(rows: list[dict[str, str]]) -> Iterator[str]:
    known, counted = required(), Counter(row["id"] for row in rows)
    yield from (f"{one} is missing" for one in known if one not in counted)
    yield from (f"{one} is no requirement of level 1 or 2" for one in counted if one not in known)
    yield from (f"{one} stands there {times} times" for one, times in counted.items() if times > 1)


def _faults(row: dict[str, str], root: Path) -> Iterator[str]:
    tests = [test for test in row["test ids"].split(";") if test]
    if row["level"] != required().get(row["id"], row["level"]):
        yield f"{row['id']} is of another level"
    if row["status"] not in STATUSES:
        yield f"{row['id']}: {row['status']!r} is no status"
    if row["status"] == "met" and not tests:
        yield f"{row['id']} is met and names no test"
    if row["status"] != "met" and not row["reason"]:
        yield f"{row['id']} is not met and gives no reason"
    for test in tests:
        if not exists(test, root):
            yield f"{row['id']} names {test}, which does not exist"
