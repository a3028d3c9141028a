"""Set-based inserts: any number of rows in one statement.

COPY is refused under row-level security and `bulk_create` spends its time building objects, so
rows travel as one array per column and are unfolded by `unnest`. PostgreSQL reads an array element
by element, so a value that is the same in every row travels once, and a single row as it is.

The values are written as PostgreSQL's own text here rather than by the driver: the driver looks at
every element's type and escapes with regular expressions, which cost four times as much as all of
the judging of a posting.
"""

from __future__ import annotations

import functools
import json
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django.db import connection

# Below so many rows each statement would have too many variants for what folding saves.
_WORTH_FOLDING = 16


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
    once, many = _sorted_out(columns, rows)
    statement = _statement(table, tuple(columns.items()), frozenset(once))
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} {on_conflict}", [*once.values(), *many.values()])


def array_literal(*, kind: str, values: Iterable[Any]) -> str:
    """The text of a one-dimensional array of a PostgreSQL type; None becomes NULL."""
    return f"{{{','.join(map(_WRITERS[kind](), values))}}}"


def _sorted_out(
    columns: Mapping[str, str], rows: Sequence[tuple[Any, ...]]
) -> tuple[dict[str, str | None], dict[str, str]]:
    """The parameters: of columns that travel once, and of those that travel as arrays."""
    if len(rows) == 1:
        alone = zip(columns.items(), rows[0], strict=True)
        return {name: _plain(kind, value) for (name, kind), value in alone}, {}
    once: dict[str, str | None] = {}
    many: dict[str, str] = {}
    fold = len(rows) >= _WORTH_FOLDING
    for (name, kind), values in zip(columns.items(), zip(*rows, strict=True), strict=True):
        # At least one array is needed to say how many rows there are.
        if fold and many and values[0] == values[1] and values.count(values[0]) == len(values):
            once[name] = _plain(kind, values[0])
        else:
            many[name] = array_literal(kind=kind, values=values)
    return once, many


@functools.cache
def _statement(table: str, columns: tuple[tuple[str, str], ...], once: frozenset[str]) -> str:
    """The text depends on the table and on what travels once, never on the number of rows."""
    names = ", ".join(name for name, _ in columns)
    values = ", ".join(f"%s::{kind}" if name in once else f"r.{name}" for name, kind in columns)
    arrays = [(name, kind) for name, kind in columns if name not in once]
    # Table and columns are constants of the calling module, never input.
    insert = f"INSERT INTO {table} ({names}) SELECT {values}"
    if not arrays:
        return insert
    unfolded = ", ".join(f"%s::{kind}[]" for _, kind in arrays)
    return f"{insert} FROM unnest({unfolded}) AS r({', '.join(name for name, _ in arrays)})"


def _plain(kind: str, value: Any) -> str | None:
    """The text of one value of a PostgreSQL type."""
    if value is None and kind != "jsonb":
        return None
    return _PLAIN.get(kind, str)(value)


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

_PLAIN: Mapping[str, Writer] = {
    "uuid": lambda value: f"{value.int:032x}",
    "bytea": lambda value: f"\\x{value.hex()}",
    "jsonb": _compact,
    "timestamptz": lambda value: value.isoformat(),
}
