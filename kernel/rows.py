"""Set-based inserts: any number of rows in one statement.

COPY is refused under row-level security and `bulk_create` spends its time building objects, so
rows travel as one array per column and are unfolded by `unnest`. The statement's text depends on
the table only, never on the number of rows.

The arrays are written as PostgreSQL array literals here rather than by the driver: the driver
looks at every element's type and escapes with regular expressions, which cost four times as much
as all of the judging of a posting.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django.db import connection


def insert_rows(
    *,
    table: str,
    columns: Mapping[str, str],
    rows: Sequence[tuple[Any, ...]],
    on_conflict: str = "",
) -> None:
    """Insert rows in the order given; nothing happens for an empty sequence.

    :param columns: column name to PostgreSQL type, in the order of each row's values. Values of a
        ``jsonb`` column are given as Python data, of a ``bytea`` column as bytes.
    :param on_conflict: an ``ON CONFLICT`` clause, a constant of the caller.
    """
    if not rows:
        return
    kinds = columns.values()
    literals = [
        array_literal(kind=kind, values=column)
        for kind, column in zip(kinds, zip(*rows, strict=True), strict=True)
    ]
    with connection.cursor() as cursor:
        cursor.execute(f"{_statement(table, columns)} {on_conflict}", literals)


def array_literal(*, kind: str, values: Iterable[Any]) -> str:
    """The text of a one-dimensional array of a PostgreSQL type; None becomes NULL."""
    return f"{{{','.join(map(_WRITERS[kind](), values))}}}"


def _statement(table: str, columns: Mapping[str, str]) -> str:
    names = ", ".join(columns)
    unfolded = ", ".join(f"%s::{kind}[]" for kind in columns.values())
    # Table and columns are constants of the calling module, never input.
    return f"INSERT INTO {table} ({names}) SELECT * FROM unnest({unfolded})"  # noqa: S608


Writer = Callable[[Any], str]


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _uuid(value: uuid.UUID | None) -> str:
    # PostgreSQL reads the 32 digits without dashes, and `str(uuid)` takes three times as long.
    return "NULL" if value is None else f"{value.int:032x}"


def _number(value: int | None) -> str:
    return "NULL" if value is None else str(value)


def _bytes(value: bytes | None) -> str:
    # Inside an array literal a backslash escapes, so bytea's own \x needs two.
    return "NULL" if value is None else f'"\\\\x{value.hex()}"'


_compact = json.JSONEncoder(separators=(",", ":")).encode


def _json(value: object) -> str:
    return _text(_compact(value))


def _remembered(written: Writer) -> Callable[[], Writer]:
    """A writer for columns in which few values come often: states, currencies, instants."""

    def fresh() -> Writer:
        seen: dict[object, str] = {None: "NULL"}

        def write(value: Any) -> str:
            text = seen.get(value)
            if text is None:
                text = seen[value] = written(value)
            return text

        return write

    return fresh


_WRITERS: Mapping[str, Callable[[], Writer]] = {
    "uuid": lambda: _uuid,
    "smallint": lambda: _number,
    "bigint": lambda: _number,
    "bytea": lambda: _bytes,
    "jsonb": lambda: _json,
    "inet": _remembered(str),
    "date": _remembered(str),
    "text": _remembered(_text),
    "timestamptz": _remembered(lambda value: f'"{value.isoformat()}"'),
}
