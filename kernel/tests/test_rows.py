"""Set-based inserts: what goes in comes out, whatever characters it is made of."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from typing import Any

import pytest
from django.db import connection, connections
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kernel.rows import insert_rows

TABLE = "kernel_probe"
COLUMNS = {
    "number": "bigint",
    "small": "smallint",
    "word": "text",
    "data": "jsonb",
    "octets": "bytea",
    "at": "timestamptz",
    "address": "inet",
    "who": "uuid",
}
# PostgreSQL stores neither NUL nor half a surrogate pair.
TEXTS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=30)
ROWS = st.lists(
    st.tuples(
        st.integers(-(2**63), 2**63 - 1) | st.none(),
        st.integers(-(2**15), 2**15 - 1) | st.none(),
        TEXTS | st.none(),
        st.dictionaries(TEXTS, TEXTS | st.integers(-(2**53), 2**53) | st.none(), max_size=3),
        st.binary(max_size=40) | st.none(),
        st.datetimes(timezones=st.just(dt.UTC)).filter(lambda value: value.year > 1900),
        st.ip_addresses(v=4).map(str) | st.sampled_from([None, "::1", "2001:db8::a"]),
        st.uuids() | st.none(),
    ),
    min_size=1,
    max_size=5,
)
ROW = (1, 2, "word", {"a": 1}, b"\x00\xff", dt.datetime(2026, 11, 20, tzinfo=dt.UTC), "::1", None)


@pytest.mark.parametrize(
    "word",
    [
        "",
        "NULL",
        "null",
        "{}",
        "},{",
        '"',
        "\\",
        '\\"',
        "a,b",
        " ",
        "\n\t\r",
        "'; --",
        "%s",
        "₹",
        "\u202e",
    ],
)
def test_awkward_words_come_back(probe: None, word: str) -> None:
    insert_rows(table=TABLE, columns=COLUMNS, rows=[_with(word=word, data={word: word})])

    assert _stored("word, data") == [(word, {word: word})]


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=ROWS)
def test_every_row_comes_back_in_its_order(probe: None, rows: list[tuple[Any, ...]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {TABLE}")
    insert_rows(table=TABLE, columns=COLUMNS, rows=rows)

    stored = _stored(f"{', '.join(COLUMNS)}")
    assert [_plain(row) for row in stored] == [_plain(row) for row in rows]


@settings(
    deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=ROWS, alike=st.sets(st.sampled_from(sorted(COLUMNS))))
def test_what_is_alike_in_many_rows_comes_back_in_each(
    probe: None, rows: list[tuple[Any, ...]], alike: set[str]
) -> None:
    first = dict(zip(COLUMNS, rows[0], strict=True))
    many = [
        tuple(
            first[name] if name in alike else value
            for name, value in zip(COLUMNS, row, strict=True)
        )
        for row in rows * 20
    ]
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {TABLE}")
    insert_rows(table=TABLE, columns=COLUMNS, rows=many)

    stored = _stored(f"{', '.join(COLUMNS)}")
    assert [_plain(row) for row in stored] == [_plain(row) for row in many]


def test_no_rows_cost_no_statement(probe: None) -> None:
    insert_rows(table="there_is_no_such_table", columns=COLUMNS, rows=[])

    assert _stored("number") == []


def test_uneven_rows_are_refused_whole(probe: None) -> None:
    with pytest.raises(ValueError, match="zip"):
        insert_rows(table=TABLE, columns=COLUMNS, rows=[ROW, ROW[:-1]])
    assert _stored("number") == []


def _with(**changed: Any) -> tuple[Any, ...]:
    return tuple(changed.get(name, value) for name, value in zip(COLUMNS, ROW, strict=True))


def _plain(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(
        bytes(value) if isinstance(value, memoryview) else str(value) if _is_id(value) else value
        for value in row
    )


def _is_id(value: object) -> bool:
    return isinstance(value, uuid.UUID) or (value is not None and "IPv" in type(value).__name__)


def _stored(columns: str) -> list[tuple[Any, ...]]:
    """The rows, in the order in which they were inserted."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM {TABLE} ORDER BY place")
        names = [column.name for column in cursor.description or ()]
        return [
            tuple(
                json.loads(value) if name == "data" and isinstance(value, str) else value
                for name, value in zip(names, row, strict=True)
            )
            for row in cursor.fetchall()
        ]


@pytest.fixture
def probe(committed_db: str) -> None:
    """A table of this test's own, made by the owner; the application role gets its usual rights."""
    described = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            f"CREATE TABLE {TABLE} ({described}, place bigint GENERATED ALWAYS AS IDENTITY)"
        )
