"""A row that names a person and an organization is held to the person's own organization."""

from __future__ import annotations

import re

import pytest

from tests.database import rows

pytestmark = pytest.mark.django_db

# Columns that name a person the row is about; those who only acted (`decided_by`) are not meant.
PERSON_COLUMNS = ("user_id", "owner_id", "maker_id")
OTHERWISE = {
    "accounts_pendingact": "its maker may be a key; a trigger of its own asks for them",
}
_HELD = re.compile(
    r"FROM accounts_user u\s+WHERE u\.id = NEW\.(\w+)"
    r"\s+AND u\.organization_id IS NOT DISTINCT FROM NEW\.organization_id"
)


def naming_people() -> set[tuple[str, str]]:
    """Tables with an organization and a person, and the column of the person."""
    return set(
        rows(
            "SELECT p.table_name::text, p.column_name::text FROM information_schema.columns p"
            " JOIN information_schema.columns o USING (table_schema, table_name)"
            " WHERE p.table_schema = 'public' AND p.column_name = ANY (%s)"
            " AND o.column_name = 'organization_id'",
            list(PERSON_COLUMNS),
        )
    )


def held() -> set[tuple[str, str]]:
    """The same, of the triggers that are there: for every row, before it comes in."""
    triggers = rows(
        "SELECT t.tgrelid::regclass::text, p.prosrc, t.tgtype::int FROM pg_trigger t"
        " JOIN pg_proc p ON p.oid = t.tgfoid WHERE NOT t.tgisinternal"
    )
    for_each_row, before, insert = 1, 2, 4
    wanted = for_each_row | before | insert
    return {
        (table, found[1])
        for table, source, kind in triggers
        if kind & wanted == wanted and (found := _HELD.search(source))
    }


def test_every_table_of_people_holds_its_rows_to_their_organization() -> None:
    """A new table needs a trigger with `accounts_guard_person`, or a line above: why not."""
    named = {(table, column) for table, column in naming_people() if table not in OTHERWISE}
    assert len(named) > 15
    assert named - held() == set()
